"""Rows as a table has them, made into a model's features: what was learnt with the model."""
