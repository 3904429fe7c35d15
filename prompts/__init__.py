"""What people and models are told, versioned."""
