"""One node, one file."""
