"""What runs the table over a data set, batch by batch."""
