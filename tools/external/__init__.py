"""Sources outside the company: how they are asked, and what of their answers may reach an employee."""

from tools.external.port import ExternalSource, NoExternalSource

__all__ = ["ExternalSource", "NoExternalSource"]
