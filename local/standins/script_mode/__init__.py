"""Runs scripts of others as SageMaker's scikit-learn and XGBoost images run them: script mode."""
