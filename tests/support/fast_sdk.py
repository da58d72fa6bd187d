"""The SageMaker Python SDK v2 without repeated work that no test needs."""

import logging
import os
import sys

os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"  # it is read at import

# jsonschema imports it for a check of IRIs: it compiles a grammar, for seconds.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# Its import would give all that is logged to the standard error of that moment, of one test.
logging.basicConfig(handlers=[logging.NullHandler()])

import sagemaker.utils  # noqa: E402

# For each argument that has none it validates the file of defaults, which there is not, and the
# schema of that file: nearly all the time of making a pipeline.
sagemaker.utils.validate_sagemaker_config = lambda _: None
