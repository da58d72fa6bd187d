"""The contract of SageMaker's built-in XGBoost algorithm (image sagemaker-xgboost, 3.2-0).

Source of the contract: aws/sagemaker-xgboost-container and "XGBoost hyperparameters" in the
SageMaker Developer Guide. The data of it is `pipeline/algorithms/xgboost.json`.
"""
