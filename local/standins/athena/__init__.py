"""Athena: queries on Glue tables, and the check of the tables' files before a run."""
