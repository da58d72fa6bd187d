"""Replays months of requests that shift as a scenario says, by the scripts that look for drift."""
