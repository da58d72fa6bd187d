"""Script mode: runs scripts like SageMaker's scikit-learn and XGBoost images."""
