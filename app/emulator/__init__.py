"""A Cloud API on loopback with a phone page and a mailbox page, for demo and tests."""
