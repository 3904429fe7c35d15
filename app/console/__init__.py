"""Pages for staff, below /desk."""
