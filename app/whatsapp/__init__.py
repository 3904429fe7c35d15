"""WhatsApp Cloud API: what Meta sends us and what we send Meta."""
