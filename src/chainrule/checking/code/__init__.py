"""Somebody's backward pass held against its own loss and against the table."""
