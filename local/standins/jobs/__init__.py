"""Runs the jobs of a local run as processes or containers."""
