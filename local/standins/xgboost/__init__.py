"""The contract of SageMaker's built-in XGBoost algorithm (image sagemaker-xgboost, 3.2-0).

Sources: aws/sagemaker-xgboost-container, and "XGBoost hyperparameters" in the SageMaker Developer
Guide. The data is in `pipeline/algorithms/xgboost.json`.
"""

# Of training and serving, in /opt/ml.
MODEL_PATH = "model/xgboost-model"
