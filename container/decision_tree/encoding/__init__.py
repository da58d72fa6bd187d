"""Encodes a table's own rows as a model's features, by what was learned from the train rows."""
