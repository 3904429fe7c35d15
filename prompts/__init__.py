"""What the model is told and what the user is told, versioned."""

from prompts.texts import say, versions

__all__ = ["say", "versions"]
