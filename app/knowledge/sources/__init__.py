"""Adapters of the port `tools.knowledge_source`, and what the company says about each source."""
