"""Automatic model tuning, on Optuna."""
