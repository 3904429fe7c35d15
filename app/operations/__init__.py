"""How the house runs: what waits, what failed and why, what Meta says, what it stands on."""
