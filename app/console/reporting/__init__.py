"""The report pages: what was asked for, and each section's figures as charts and tables."""
