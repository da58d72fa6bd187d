"""Profiles a user's files: their format, their columns, and which of these to train on."""
