"""The stand-in for the image sagemaker-model-monitor-analyzer."""
