"""Who works at the desk: accounts, passwords, second steps and sessions of staff. Knows no HTTP."""
