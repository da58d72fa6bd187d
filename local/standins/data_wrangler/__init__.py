"""The stand-in for SageMaker's Data Wrangler image (sagemaker-data-wrangler-container).

It runs a flow's operators as SQL in DuckDB, with the same values as Spark. Source of their
semantics: the operators' PySpark code in the notebooks that Data Wrangler exports.
"""
