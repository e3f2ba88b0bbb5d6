"""What a derivation looks like: one document, and a thin renderer for each format."""
