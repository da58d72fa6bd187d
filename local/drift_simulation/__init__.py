"""Replays months of shifting requests with the scripts that detect drift."""
