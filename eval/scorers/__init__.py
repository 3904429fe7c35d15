"""Scorers, one a file: what came of a case beside what was expected, as a score with its reasons."""
