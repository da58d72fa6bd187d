"""The Decision Tree algorithm, run by SageMaker as `python -m decision_tree train|serve`."""
