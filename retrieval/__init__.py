"""Articles to passages, and whether any of them applies."""
