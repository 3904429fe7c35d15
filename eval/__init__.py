"""Suites, runs, scores: what ships is what is measured."""
