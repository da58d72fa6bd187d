"""Athena: queries on Glue tables, and checks of the tables' files before a run."""
