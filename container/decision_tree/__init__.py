"""The Decision Tree algorithm as SageMaker runs it: `python -m decision_tree train|serve`."""
