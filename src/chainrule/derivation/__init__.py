"""How every gradient of the table comes about: rules applied to its equations, each step verified."""
