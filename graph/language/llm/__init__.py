"""The language engine behind any OpenAI-compatible endpoint, everything it says verified by code."""
