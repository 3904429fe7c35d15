"""The embedded language engine: no key, no network, deterministic."""
