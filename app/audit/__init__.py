"""The audit trail: who did what, when, to what; only ever added to, each entry sealed to the one before it."""
