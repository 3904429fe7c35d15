"""A company written by us, to try Recado with."""
