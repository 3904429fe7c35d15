"""What thinks besides the embedded engine: models, voice and pictures, and what they cost."""
