"""A registry and a bucket in which a candidate challenges the champion."""

from __future__ import annotations

import functools
import io
import json
import os
import subprocess
import sys
import tarfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import challenge
import evaluate
import numpy as np
import pytest
from decision_tree.ensemble import Tree
from decision_tree.model import Model, ModelDescription, save
from decision_tree.tree import from_sklearn
from script_job import SCRIPTS, run_here
from sklearn.tree import DecisionTreeRegressor

ROOT = Path(__file__).parents[2]
BUCKET = "sagemaker-restate-test"
GROUP = "restate-test"
REGION = "us-east-1"
FEATURES = ["rooms", "age", "area"]


def drawn(seed: int, rows: int) -> np.ndarray:
    """Rows of a table: the target, and three features on which it mostly depends."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, 3))
    noise = random.normal(size=rows)
    return np.column_stack([features @ [3, 2, 1] + noise, features])


def written(rows: np.ndarray) -> str:
    return "".join(",".join(repr(float(value)) for value in row) + "\n" for row in rows)


TRAIN = drawn(1, 600)
TEST = drawn(2, 400)


def archived(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def boosted(rows: np.ndarray, rounds: int = 40) -> tuple[bytes, Any]:
    """A model of XGBoost as written by a training job, and its expected predictions."""
    import xgboost

    booster = xgboost.train({"eta": 0.2}, xgboost.DMatrix(rows[:, 1:], rows[:, 0]), rounds)
    archive = archived({"xgboost-model": bytes(booster.save_raw("ubj"))})
    return archive, lambda features: booster.predict(xgboost.DMatrix(features))


def grown(folder: Path, rows: np.ndarray, leaves: int) -> tuple[bytes, Any]:
    """A model of the Decision Tree image, and its expected predictions."""
    tree = DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=0)
    tree.fit(rows[:, 1:], rows[:, 0])
    described = ModelDescription(tuple(FEATURES), {}, {}, {})
    nodes, counts = from_sklearn(tree.tree_)
    save(Model(Tree(nodes, len(FEATURES), counts), described), folder)
    archive = archived({one.name: one.read_bytes() for one in folder.iterdir()})
    return archive, lambda features: tree.predict(np.asarray(features, dtype=np.float32))


@functools.cache
def clients(endpoint: str) -> tuple[Any, Any]:
    """Those of SageMaker and S3."""
    session = boto3.Session("test", "test", region_name=REGION)
    return tuple(session.client(name, endpoint_url=endpoint) for name in ("sagemaker", "s3"))


@functools.cache
def code() -> dict[str, str]:
    """The texts of the files that a stack uploads for the job, by name."""
    package = ROOT / "container" / "decision_tree"
    modules = {
        str(one.relative_to(package)): one.read_text()
        for one in package.rglob("*.*")
        if one.suffix in (".json", ".py")
    }
    scripts = {script.name: script.read_text() for script in SCRIPTS.glob("*.py")}
    return {**scripts, "decision_tree.json": json.dumps(modules)}


@dataclass
class Stack:
    """A registry, a bucket, and the folder of the job."""

    endpoint: str
    folder: Path
    python: str | None = None  # default: this process
    candidates: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sagemaker, self.s3 = clients(self.endpoint)
        reset = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")  # noqa: S310
        urllib.request.urlopen(reset)  # noqa: S310
        self.s3.create_bucket(Bucket=BUCKET)
        self.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        self.put("old/metadata/feature_names.json", json.dumps(FEATURES))
        self.put("old/train/train.csv", written(TRAIN))
        self.put("old/validation/validation.csv", written(drawn(3, 100)))
        for name, text in code().items():
            self.write(f"code/{name}", text)
        self.write("metadata/feature_names.json", json.dumps(FEATURES))
        self.write("test/test.csv", written(TEST))

    def put(self, key: str, content: str | bytes) -> str:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def write(self, path: str, content: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def register(
        self,
        archive: bytes,
        model_format: str,
        status: str = "Approved",
        around: tuple[int, int] = (0, 0),
        **metadata: str,
    ) -> None:
        """Registers a model, with so many containers before and behind it."""
        others = [[{"Image": "an/other"} for _ in range(count)] for count in around]

        kept = {
            "Target": "price",
            "ModelFormat": model_format,
            "FeatureNames": f"s3://{BUCKET}/old/metadata/feature_names.json",
            "TrainRows": f"s3://{BUCKET}/old/train/",
            "ValidationRows": f"s3://{BUCKET}/old/validation/",
            **metadata,
        }
        self.sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [
                    *others[0],
                    {"Image": "an/image", "ModelDataUrl": self.put("model.tar.gz", archive)},
                    *others[1],
                ],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            CustomerMetadataProperties={name: value for name, value in kept.items() if value},
        )

    def evaluated(self, name: str, predicted: np.ndarray) -> None:
        """Writes what evaluate.py writes for a candidate."""
        report = evaluate.quality_report(TEST[:, 0], np.asarray(predicted, dtype=np.float64))
        self.write(f"evaluation/{name}/evaluation.json", json.dumps(report))
        rows = np.column_stack([TEST[:, 0], predicted])
        lines = "".join(f"{actual:.10g},{value:.10g}\n" for actual, value in rows)
        self.write(f"evaluation/{name}/predictions.csv", f"actual,predicted\n{lines}")
        self.candidates[name] = predicted

    def run(
        self, *more: str, by: float = 0, minimum: float = 0
    ) -> subprocess.CompletedProcess[str]:
        arguments = [
            *("--candidates", ",".join(self.candidates), "--minimum", str(minimum)),
            *("--model-package-group", GROUP, "--region", REGION),
            *("--by", str(by), "--confidence", "0.9", "--target", "price"),
            *("--not-comparable", "register", *more),
            *("--test", str(self.folder / "test")),
            *("--metadata", str(self.folder / "metadata")),
            *("--input", str(self.folder / "evaluation")),
            *("--output", str(self.folder / "comparison")),
            *("--message", str(self.folder / "message")),
        ]
        environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        script = self.folder / "code" / "challenge.py"
        if self.python is not None:
            return subprocess.run(
                [self.python, str(script), *arguments],
                capture_output=True,
                text=True,
                check=False,
                env={"PATH": os.environ["PATH"], **environment},
            )
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "path", [*sys.path])
            patch.setattr(challenge, "__file__", str(script))
            return run_here(challenge.main, arguments)

    def compared(self, *more: str, by: float = 0, minimum: float = 0) -> dict[str, Any]:
        done = self.run(*more, by=by, minimum=minimum)
        assert done.returncode == 0, done.stderr
        comparison: dict[str, Any] = json.loads(
            (self.folder / "comparison" / "comparison.json").read_text()
        )
        assert comparison["verdict"] in done.stdout
        return comparison
