"""From a table's columns to what the network takes, and from its answers to figures and tables."""
