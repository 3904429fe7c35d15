"""Evaluation runs on disk, read for the staff pages: `recado eval` writes them, nothing in them is executed."""
