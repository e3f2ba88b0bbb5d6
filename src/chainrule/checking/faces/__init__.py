"""What a check looks like: the author's document with its verdicts, and a thin renderer for each format."""
