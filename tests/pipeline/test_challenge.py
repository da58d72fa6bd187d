"""The job that compares the best candidate with the champion, on a fake AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from challenge_stack import (
    BUCKET,
    FEATURES,
    TEST,
    TRAIN,
    Stack,
    archived,
    boosted,
    drawn,
    grown,
    written,
)
from image_python import image_python
from moto.server import ThreadedMotoServer
from sklearn.metrics import r2_score


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def stack(endpoint: str, tmp_path: Path) -> Stack:
    return Stack(endpoint, tmp_path)


def r2(predicted: np.ndarray, rows: np.ndarray) -> float:
    error = rows[:, 0] - predicted
    return float(1 - np.mean(error**2) / np.var(rows[:, 0]))


@pytest.mark.parametrize(
    ("image", "algorithm"),
    [(None, "decision-tree"), ("xgboost 3.2-0", "decision-tree"), ("xgboost 3.2-0", "xgboost")],
)
def test_a_beaten_champion_is_replaced(
    stack: Stack, tmp_path: Path, image: str | None, algorithm: str
) -> None:
    """In this process, and as one with the Python of the image that the job has."""
    stack.python = None if image is None else image_python(image)
    if image is not None and stack.python is None:
        pytest.skip("this machine has no Python, or no package index, for the image")
    weak, predict = (
        boosted(TRAIN, 5) if algorithm == "xgboost" else grown(tmp_path / "tree", TRAIN, 6)
    )
    stack.register(weak, algorithm)
    better = boosted(TRAIN)[1](TEST[:, 1:])
    stack.evaluated("A", np.zeros(len(TEST)))
    stack.evaluated("B", better)
    found = stack.compared()
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


def test_a_better_champion_stays_and_so_does_one_within_the_margin(
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
def test_the_champion_stays_on_a_tie(
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
        (
            {"ValidationRows": f"s3://{BUCKET}/gone/"},
            FEATURES,
            f"it is not known which test rows it has seen: s3://{BUCKET}/gone/ is empty",
        ),
    ],
)
def test_an_incomparable_champion_is_named(
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


def test_a_model_that_is_gone_is_named(stack: Stack) -> None:
    stack.register(b"", "xgboost")
    stack.evaluated("A", boosted(TRAIN)[1](TEST[:, 1:]))
    (key,) = (
        one["Key"]
        for one in stack.s3.list_objects_v2(Bucket=BUCKET)["Contents"]
        if one["Key"].endswith(".tar.gz")
    )
    stack.s3.delete_object(Bucket=BUCKET, Key=key)
    found = stack.compared()
    assert (found["register"], found["outcome"]) == ("A", "NotComparable")
    assert f"there is no object s3://{BUCKET}/{key}" in found["verdict"]


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
