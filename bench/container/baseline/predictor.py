"""Serving as in the classic bring-your-own example: Flask, pandas and a pickled estimator.

Source: aws/amazon-sagemaker-examples, scikit_bring_your_own/container/decision_trees/predictor.py.
"""

import io
import os
import pickle
from pathlib import Path

import flask
import pandas as pd

with Path(os.environ["SAGEMAKER_BASE_DIR"], "model/decision-tree.pkl").open("rb") as stream:
    model = pickle.load(stream)  # noqa: S301 - the baseline is what it is

app = flask.Flask(__name__)


@app.route("/ping", methods=["GET"])
def ping() -> flask.Response:
    """Answer the health check."""
    return flask.Response(response="\n", status=200, mimetype="application/json")


@app.route("/invocations", methods=["POST"])
def invocations() -> flask.Response:
    """Predict the rows of a CSV body."""
    if flask.request.content_type != "text/csv":
        return flask.Response("This predictor only supports CSV data", 415, mimetype="text/plain")
    rows = pd.read_csv(io.StringIO(flask.request.data.decode("utf-8")), header=None)
    out = io.StringIO()
    pd.DataFrame({"results": model.predict(rows)}).to_csv(out, header=False, index=False)
    return flask.Response(out.getvalue(), status=200, mimetype="text/csv")
