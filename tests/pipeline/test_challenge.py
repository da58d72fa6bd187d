"""The job that holds the best candidate against the champion, on a stand-in for AWS."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import challenge
import evaluate
import numpy as np
import pytest
from decision_tree.model import Model, ModelDescription, save
from decision_tree.tree import Tree
from image_python import image_python
from moto.server import ThreadedMotoServer
from script_job import SCRIPTS, run_here
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor

ROOT = Path(__file__).parents[2]
BUCKET = "sagemaker-restate-test"
GROUP = "restate-test"
REGION = "us-east-1"
FEATURES = ["rooms", "age", "area"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def drawn(seed: int, rows: int) -> np.ndarray:
    """Rows of a table: the target, and three features that it mostly depends on."""
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
    """A model of XGBoost as a training job leaves it, and what it must predict."""
    import xgboost

    booster = xgboost.train({"eta": 0.2}, xgboost.DMatrix(rows[:, 1:], rows[:, 0]), rounds)
    archive = archived({"xgboost-model": bytes(booster.save_raw("ubj"))})
    return archive, lambda features: booster.predict(xgboost.DMatrix(features))


def grown(folder: Path, rows: np.ndarray, leaves: int) -> tuple[bytes, Any]:
    """A model of the Decision Tree image, and what it must predict."""
    tree = DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=0)
    tree.fit(rows[:, 1:], rows[:, 0])
    described = ModelDescription(tuple(FEATURES), {}, {}, {})
    save(Model(Tree.from_sklearn(tree.tree_), described), folder)
    archive = archived({one.name: one.read_bytes() for one in folder.iterdir()})
    return archive, lambda features: tree.predict(np.asarray(features, dtype=np.float32))


@dataclass
class Stack:
    """A registry, a bucket, and the folder of the job."""

    endpoint: str
    folder: Path
    python: str | None = None  # default: this process
    candidates: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        options = {
            "region_name": REGION,
            "endpoint_url": self.endpoint,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        self.sagemaker = boto3.client("sagemaker", **options)
        self.s3 = boto3.client("s3", **options)
        boto3.client("sts", **options)  # so that all are made before the job runs
        import urllib.request

        reset = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")  # noqa: S310
        urllib.request.urlopen(reset)  # noqa: S310
        self.s3.create_bucket(Bucket=BUCKET)
        self.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        self.put("old/metadata/feature_names.json", json.dumps(FEATURES))
        self.put("old/train/train.csv", written(TRAIN))
        self.put("old/validation/validation.csv", written(drawn(3, 100)))
        code = self.folder / "code"
        code.mkdir()
        for name in ("challenge.py", "compare.py", "evaluate.py"):
            (code / name).write_text((SCRIPTS / name).read_text())
        package = ROOT / "container" / "decision_tree"
        modules = {
            str(one.relative_to(package)): one.read_text()
            for one in package.rglob("*.*")
            if one.suffix in (".json", ".py")
        }
        (code / "decision_tree.json").write_text(json.dumps(modules))
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
        """Leaves what evaluate.py leaves of a candidate."""
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


@pytest.fixture
def stack(endpoint: str, tmp_path: Path) -> Stack:
    return Stack(endpoint, tmp_path)


@pytest.fixture(params=["this", "xgboost 3.2-0"])
def stack_on_image(stack: Stack, request: pytest.FixtureRequest) -> Stack:
    """On this Python, and on that of the image that the job has."""
    python = sys.executable if request.param == "this" else image_python(request.param)
    if python is None:
        pytest.skip("this machine has no Python, or no package index, for the image")
    stack.python = python
    return stack


def r2(predicted: np.ndarray, rows: np.ndarray) -> float:
    error = rows[:, 0] - predicted
    return float(1 - np.mean(error**2) / np.var(rows[:, 0]))


@pytest.mark.parametrize("algorithm", ["decision-tree", "xgboost"])
def test_a_champion_that_is_beaten(stack_on_image: Stack, tmp_path: Path, algorithm: str) -> None:
    weak, predict = (
        boosted(TRAIN, 5) if algorithm == "xgboost" else grown(tmp_path / "tree", TRAIN, 6)
    )
    stack_on_image.register(weak, algorithm)
    better = boosted(TRAIN)[1](TEST[:, 1:])
    stack_on_image.evaluated("A", np.zeros(len(TEST)))
    stack_on_image.evaluated("B", better)
    found = stack_on_image.compared()
    assert (found["winner"], found["register"], found["outcome"]) == ("B", "B", "Beaten")
    assert found["champion"] == {
        "version": 1,
        "r2": pytest.approx(r2(predict(TEST[:, 1:]), TEST), abs=1e-9),
    }
    assert found["challenger"] == {"name": "B", "r2": pytest.approx(r2(better, TEST), abs=1e-9)}
    assert found["rows"] == 400
    assert found["difference"]["least"] > 0.05
    assert found["note"] == found["verdict"].replace(";", "-")
    assert len(found["note"]) <= 256


def test_one_that_stays_and_one_by_a_difference_that_is_too_small(
    stack: Stack, tmp_path: Path
) -> None:
    strong, predict = boosted(TRAIN)
    stack.register(strong, "xgboost")
    stack.evaluated("A", grown(tmp_path / "tree", TRAIN, 6)[1](TEST[:, 1:]))
    found = stack.compared()
    assert (found["register"], found["outcome"]) == ("", "Stays")
    assert "the champion stays" in found["verdict"]
    # A little better than the champion, surely, but not by more than 0.2.
    predicted = predict(TEST[:, 1:])
    stack.evaluated("A", predicted + 0.3 * (TEST[:, 0] - predicted))
    assert stack.compared()["outcome"] == "Beaten"
    found = stack.compared(by=0.2)
    assert (found["register"], found["outcome"]) == ("", "Stays")
    assert 0 < found["difference"]["least"] < 0.2


@pytest.mark.parametrize(
    ("around", "metadata"),
    [((0, 0), {}), ((0, 1), {}), ((1, 1), {"RowEncoding": "s3://b/e.json"})],
)
def test_a_tie_leaves_the_champion_where_it_is(
    stack: Stack, around: tuple[int, int], metadata: dict[str, str]
) -> None:
    archive, predict = boosted(TRAIN)
    stack.register(archive, "xgboost", around=around, **metadata)
    stack.evaluated("A", predict(TEST[:, 1:]))
    found = stack.compared()
    assert (found["register"], found["outcome"]) == ("", "Stays")
    assert found["difference"]["r2"] == 0
    assert found["difference"]["least"] == 0


def test_the_champion_is_the_version_that_was_approved_last(stack: Stack, tmp_path: Path) -> None:
    weak, strong = grown(tmp_path / "tree", TRAIN, 3)[0], boosted(TRAIN)[0]
    stack.evaluated("A", grown(tmp_path / "other", TRAIN, 20)[1](TEST[:, 1:]))
    assert stack.compared()["outcome"] == "NoChampion"
    stack.register(strong, "xgboost", status="Rejected")
    stack.register(strong, "xgboost", status="PendingManualApproval")
    found = stack.compared()
    assert (found["register"], found["outcome"]) == ("A", "NoChampion")
    stack.register(weak, "decision-tree")
    assert stack.compared()["champion"]["version"] == 3
    assert stack.compared()["outcome"] == "Beaten"


def test_no_candidate_below_the_minimum_challenges(stack: Stack) -> None:
    stack.register(boosted(TRAIN)[0], "xgboost")
    stack.evaluated("A", np.zeros(len(TEST)))
    found = stack.compared(minimum=0.5)
    assert (found["winner"], found["register"], found["outcome"]) == ("", "", "BelowMinimum")


@pytest.mark.parametrize(
    ("metadata", "features", "reason"),
    [
        ({"Target": "rent"}, FEATURES, "its target is rent; here it is price"),
        (
            {"ModelFormat": "custom"},
            FEATURES,
            "the challenge cannot evaluate models of the format custom",
        ),
        ({"TrainRows": ""}, FEATURES, "its package lacks TrainRows, so"),
        ({}, ["rooms", "age"], "its features differ: it has area"),
        ({}, [*FEATURES, "floor"], "its features differ: it lacks floor"),
        ({}, ["rooms", "area", "age"], "its features differ: their order"),
        (
            {"FeatureNames": f"s3://{BUCKET}/gone.json"},
            FEATURES,
            f"there is no object s3://{BUCKET}/gone.json",
        ),
    ],
)
def test_one_that_is_not_comparable_is_named(
    stack: Stack, metadata: dict[str, str], features: list[str], reason: str
) -> None:
    archive, predict = boosted(TRAIN)
    stack.register(archive, "xgboost", **metadata)
    stack.evaluated("A", predict(TEST[:, 1:]))
    stack.write("metadata/feature_names.json", json.dumps(features))
    found = stack.compared()
    assert (found["register"], found["outcome"]) == ("A", "NotComparable")
    assert found["verdict"].startswith("version 1 is not comparable: ")
    assert reason in found["verdict"]
    assert found["champion"] == {"version": 1}
    found = stack.compared("--not-comparable", "keep")
    assert (found["register"], found["outcome"]) == ("", "NotComparable")
    assert found["verdict"].startswith("the champion stays: version 1 is not comparable: ")


def test_other_encodings_of_labels_are_named(stack: Stack) -> None:
    archive, predict = boosted(TRAIN)
    stack.register(archive, "xgboost")
    stack.evaluated("A", predict(TEST[:, 1:]))
    stack.write("metadata/text_encodings.json", json.dumps({"street": [1.5]}))
    assert "its encodings of labels differ" in stack.compared()["verdict"]
    stack.put("old/metadata/text_encodings.json", json.dumps({"street": [1.5]}))
    assert stack.compared()["outcome"] == "Stays"


def test_a_model_that_cannot_be_read_is_named(stack: Stack) -> None:
    stack.register(archived({"model.json": b"{}"}), "decision-tree")
    stack.evaluated("A", boosted(TRAIN)[1](TEST[:, 1:]))
    found = stack.compared()
    assert found["outcome"] == "NotComparable"
    assert "its model cannot be evaluated: the model in " in found["verdict"]


class TestRowsThatTheChampionHasSeen:
    def test_do_not_count(self, stack: Stack) -> None:
        # An over-fitted champion that knows half of the test rows by heart.
        seen, fresh = TEST[:200], TEST[200:]
        archive, predict = boosted(np.vstack([TRAIN, seen, seen, seen]), 400)
        # Other digits, and in two files: it is the numbers that count.
        stack.put("old/train/train.csv", written(TRAIN))
        stack.put(
            "old/train/more.csv",
            "".join(",".join(f"{value:.17e}" for value in row) + "\n" for row in seen[:150]),
        )
        stack.put("old/validation/validation.csv", written(seen[150:]))
        stack.register(archive, "xgboost")
        own = boosted(TRAIN)[1](TEST[:, 1:])
        stack.evaluated("A", own)
        assert r2(predict(TEST[:, 1:]), TEST) > r2(own, TEST)
        found = stack.compared()
        assert found["rows"] == 200
        assert found["champion"]["r2"] == pytest.approx(r2(predict(fresh[:, 1:]), fresh), abs=1e-9)
        assert found["challenger"]["r2"] == pytest.approx(r2(own[200:], fresh), abs=1e-9)
        assert found["outcome"] == "Beaten"

    @pytest.mark.parametrize("champion_is_weighted", [False, True])
    def test_do_not_count_whatever_their_weights(
        self, stack: Stack, champion_is_weighted: bool
    ) -> None:
        archive, predict = boosted(TRAIN)
        weights = np.random.default_rng(5).gamma(1, 2, len(TEST))
        stack.write("test/test.csv", written(np.insert(TEST, 1, weights, axis=1)))
        seen = np.vstack([TRAIN, TEST[:200]])
        if champion_is_weighted:
            seen = np.insert(seen, 1, 7, axis=1)
        stack.put("old/train/train.csv", written(seen))
        column = "exposure" if champion_is_weighted else ""
        stack.put(
            "old/validation/validation.csv",
            written(np.insert(drawn(3, 100), 1, 1, axis=1) if column else drawn(3, 100)),
        )
        stack.register(archive, "xgboost", SampleWeight=column)
        own = boosted(TRAIN, 5)[1](TEST[:, 1:])
        stack.evaluated("A", own)
        found = stack.compared("--weighted")
        assert found["rows"] == 200

        def score(predicted: np.ndarray) -> float:
            return r2_score(TEST[200:, 0], predicted[200:], sample_weight=weights[200:])

        assert found["champion"]["r2"] == pytest.approx(score(predict(TEST[:, 1:])), abs=1e-8)
        assert found["challenger"]["r2"] == pytest.approx(score(own), abs=1e-8)
        assert "on 200 weighted test rows" in found["verdict"]

    def test_leave_too_few_for_a_comparison(self, stack: Stack) -> None:
        archive, predict = boosted(TRAIN)
        stack.put("old/train/train.csv", written(TEST[:390]))
        stack.register(archive, "xgboost")
        stack.evaluated("A", predict(TEST[:, 1:]))
        found = stack.compared()
        assert found["verdict"] == (
            "version 1 is not comparable: it was trained or tuned on all but 10 of the 400 test "
            "rows"
        )

    def test_are_told_apart_where_a_field_is_empty(self, stack: Stack) -> None:
        archive, predict = boosted(TRAIN)
        rows = [line.split(",") for line in written(TEST).splitlines()]
        for fields in rows[:50]:
            fields[2] = ""
        text = "".join(",".join(fields) + "\n" for fields in rows)
        stack.write("test/test.csv", text)
        stack.put("old/train/train.csv", "".join(text.splitlines(keepends=True)[:30]))
        stack.register(archive, "xgboost")
        stack.evaluated("A", predict(TEST[:, 1:]))
        assert stack.compared()["rows"] == 370


class TestRefuses:
    def test_a_registry_that_cannot_be_read(self, stack: Stack) -> None:
        stack.evaluated("A", np.zeros(len(TEST)))
        stack.endpoint = "http://127.0.0.1:9"
        done = stack.run(minimum=-1)
        assert done.returncode == 1
        assert done.stderr.startswith("error: cannot read the champion: ")
        assert "Traceback" not in done.stderr
        assert (stack.folder / "message").read_text() in done.stderr
        assert not (stack.folder / "comparison").exists()

    def test_a_model_that_it_may_not_read(self, stack: Stack) -> None:
        archive, predict = boosted(TRAIN)
        stack.register(archive, "xgboost", TrainRows="s3://somebody-elses/train/")
        stack.evaluated("A", predict(TEST[:, 1:]))
        done = stack.run()
        assert done.returncode == 1
        assert done.stderr.startswith("error: cannot read the champion: ")
        assert not (stack.folder / "comparison").exists()

    def test_predictions_of_other_rows(self, stack: Stack) -> None:
        archive, predict = boosted(TRAIN)
        stack.register(archive, "xgboost")
        stack.evaluated("A", predict(TEST[:, 1:]))
        stack.write("test/test.csv", written(TEST[::-1]))
        done = stack.run()
        assert done.returncode == 1
        assert "the predictions of A are not those of the test rows" in done.stderr


class TestBootstrap:
    """How sure it is, against scipy's bootstrap, and against what is true."""

    def pair(self, seed: int, rows: int = 300, gain: float = 0.0) -> tuple[np.ndarray, ...]:
        """Two models whose errors are half shared, and as large where the gain is 0."""
        random = np.random.default_rng(seed)
        actual = random.normal(size=rows)
        shared = random.normal(size=rows)
        first, second = random.normal(size=(2, rows))
        return actual, actual + (1 - gain) * (shared + first), actual + shared + second

    def test_finds_the_bound_that_scipy_finds(self) -> None:
        from scipy import stats

        actual, predicted, champion = self.pair(7, 400, 0.05)

        def difference(target: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
            errors = np.mean((target - other) ** 2) - np.mean((target - one) ** 2)
            return float(errors / np.var(target))

        found = challenge.challenge(actual, predicted, champion, 0.9)
        bounds = stats.bootstrap(
            (actual, predicted, champion),
            difference,
            paired=True,
            vectorized=False,
            n_resamples=4000,
            confidence_level=0.9,
            alternative="greater",
            method="percentile",
            rng=np.random.default_rng(0),
        )
        spread = float(bounds.standard_error)
        assert found.least == pytest.approx(bounds.confidence_interval.low, abs=0.1 * spread)
        assert found.r2 - found.champion_r2 == pytest.approx(
            difference(actual, predicted, champion), abs=1e-12
        )

    def test_promotes_equals_as_rarely_as_it_says(self) -> None:
        runs, confidence = 600, 0.9
        promoted = sum(
            challenge.challenge(*self.pair(seed), confidence).least > 0 for seed in range(runs)
        )
        expected = (1 - confidence) * runs
        # Three standard deviations of so many draws.
        assert abs(promoted - expected) < 3 * (expected * confidence) ** 0.5

    def test_promotes_what_is_clearly_better(self) -> None:
        promoted = sum(
            challenge.challenge(*self.pair(seed, gain=0.2), 0.9).least > 0 for seed in range(50)
        )
        assert promoted == 50
