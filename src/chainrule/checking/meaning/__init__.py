"""What the formulas of a document mean: its symbols, their shapes, its network, at random points."""
