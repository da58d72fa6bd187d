"""The drift job on captured files, in a bucket that moto serves."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import drift
import numpy as np
import pytest
from drift_reference import make_reference
from drift_requests import labelled, read_labels, read_requests
from emulator import emulator
from image_python import image_python
from moto.server import ThreadedMotoServer
from processing_job import InputError
from s3_objects import Objects

ENDPOINT = "restate-dev-model"
FOLDER = f"endpoints/{ENDPOINT}"
URI = f"s3://bucket/{FOLDER}"
MODEL = "arn:aws:sagemaker:us-east-1:111122223333:model-package/restate-dev/3"
UNTIL = datetime(2026, 11, 26, tzinfo=UTC)
COLUMNS = ["income", "age"]


def captured(
    rows: str,
    answers: str,
    event: dict[str, str],
    media: str = "text/csv; charset=utf-8",
    encoding: str = "CSV",
) -> dict[str, Any]:
    """A captured record, as in SageMaker's guide."""

    def data(mode: str, text: str) -> dict[str, str]:
        return {"observedContentType": media, "mode": mode, "data": text, "encoding": encoding}

    return {
        "captureData": {
            "endpointInput": data("INPUT", rows),
            "endpointOutput": data("OUTPUT", answers),
        },
        "eventMetadata": {**event, "inferenceTime": "2026-11-25T12:00:01Z"},
        "eventVersion": "0",
    }


def lines(*records: object) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def label(event: str, data: str) -> dict[str, Any]:
    return {
        "groundTruthData": {"data": data, "encoding": "CSV"},
        "eventMetadata": {"eventId": event},
        "eventVersion": "0",
    }


def test_captured_requests_are_read_with_their_ids() -> None:
    unread: Counter[str] = Counter()
    batch = captured("1,2\n3,\n", "10.5\n20\n", {"eventId": "a", "inferenceId": "mine"})
    in_one_line = captured("1e2,4", "1", {"eventId": "b"})
    encoded = captured(
        base64.b64encode(b"5,6\n").decode(),
        base64.b64encode(b"7").decode(),
        {"eventId": "c"},
        encoding="BASE64",
    )
    found = read_requests(lines(batch, in_one_line, encoded) + b"\n", 2, unread)
    assert np.array_equal(found.rows, [[1, 2], [3, np.nan], [100, 4], [5, 6]], equal_nan=True)
    assert found.predictions.tolist() == [10.5, 20, 1, 7]
    assert found.ids == [("mine", 2), ("b", 1), ("c", 1)]
    assert not unread
    assert read_requests(lines(batch, encoded), 2, unread, {"c"}).ids == [("c", 1)]
    with_intervals = captured("1,2\n3,4\n", "10,9,11\n-20,-21,-19\n", {"eventId": "d"})
    assert read_requests(lines(with_intervals), 2, unread).predictions.tolist() == [10, -20]
    assert not unread


def test_incomparable_requests_are_counted_by_reason() -> None:
    unread: Counter[str] = Counter()
    event = {"eventId": "a"}
    without = captured("1,2", "3", event)
    del without["captureData"]["endpointOutput"]
    content = lines(
        captured("1,2", "3", event),
        captured("1,2,3", "3", event),
        captured("1,2", "3,4", event),
        captured("1,2\n3,4", "1,2,3,4,5,6", event),
        captured("1,two", "3", event),
        captured('{"a": 1}', "3", event, media="application/json"),
        without,
    )
    found = read_requests(content + b"{\n", 2, unread)
    assert found.rows.tolist() == [[1, 2]]
    assert unread == {
        "a row does not have 2 fields": 1,
        "the numbers of rows and predictions differ": 2,
        "a field or an answer is not a number": 1,
        "the request has type application/json, not text/csv": 1,
        "the answer was not captured": 1,
        "the record is not JSON": 1,
    }


def test_labels_belong_to_a_requests_rows() -> None:
    labels = read_labels(lines(label("mine", "1.5\n2"), label("b", "3")), "labels.jsonl")
    requests = read_requests(
        lines(
            captured("1,2\n3,4", "1\n2", {"eventId": "a", "inferenceId": "mine"}),
            captured("5,6", "3", {"eventId": "other"}),
        ),
        2,
        Counter(),
    )
    has_label, values = labelled(requests, labels)
    assert has_label.tolist() == [True, True, False]
    assert values.tolist() == [1.5, 2]
    with pytest.raises(InputError, match="the request mine has 2 rows, but 1 labels"):
        labelled(requests, read_labels(lines(label("mine", "1")), "labels.jsonl"))


@pytest.mark.parametrize("record", [[], {"groundTruthData": {"data": "1"}}, label("a", "many")])
def test_an_invalid_line_of_labels_is_named(record: object) -> None:
    with pytest.raises(
        InputError, match=r"^labels\.jsonl, line 2: not a label; expected something like"
    ):
        read_labels(lines(label("a", "1"), record), "labels.jsonl")


class Stage:
    """A bucket with a reference, and the requests of days."""

    def __init__(self, url: str) -> None:
        self.random = np.random.default_rng(41)
        self.s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
        self.s3.create_bucket(Bucket="bucket")
        test = self.rows(1_000)
        self.reference = make_reference(COLUMNS, self.rows(5_000), *self.truth(test))
        self.put("executions/1/drift_reference.json", json.dumps(self.reference.json()).encode())

    def rows(self, count: int, shift: float = 0) -> np.ndarray:
        income = self.random.standard_normal(count)
        age = 0.8 * income + 0.6 * self.random.standard_normal(count)
        return np.column_stack([income + shift, age])

    def truth(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        predictions = rows.sum(axis=1)
        return predictions, predictions + 0.3 * self.random.standard_normal(len(rows))

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket="bucket", Key=key, Body=content)

    def capture(self, hour: datetime, rows: np.ndarray, name: str = "r") -> None:
        """Stores requests of ten rows each, named name0, name1, ..., like the endpoint."""
        records = []
        for start in range(0, len(rows), 10):
            part = rows[start : start + 10]
            asked = "\n".join(",".join(map(repr, row)) for row in part.tolist())
            answers = "\n".join(map(repr, part.sum(axis=1).tolist()))
            records.append(captured(asked, answers, {"eventId": f"{name}{start // 10}"}))
        self.put(f"{FOLDER}/capture/v3/{hour:%Y/%m/%d/%H}/file.jsonl", lines(*records))

    def run(self, until: datetime = UNTIL, **change: str) -> list[str]:
        arguments = {
            "region": "us-east-1",
            "endpoint": ENDPOINT,
            "model": MODEL,
            "reference": "s3://bucket/executions/1/drift_reference.json",
            "captured": f"{URI}/capture/v3",
            "labels": f"{URI}/labels",
            "reports": f"{URI}/drift/v3",
            "until": (until + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "hours": "24",
            "long": "7",
            "label-days": "7",
            "false-alarms": "0.01",
            "shift": "0.1",
            "unusual": "0.02",
            **change,
        }
        return [word for name, value in arguments.items() for word in (f"--{name}", value)]

    def report(self, until: datetime = UNTIL) -> dict[str, Any]:
        key = f"{FOLDER}/drift/v3/{until:%Y-%m-%dT%H}.json"
        return dict(json.load(self.s3.get_object(Bucket="bucket", Key=key)["Body"]))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def stage(server: str, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    urllib.request.urlopen(f"{server}/moto-api/reset", data=b"")  # noqa: S310
    return Stage(server)


def message(tmp_path: Path) -> dict[str, str]:
    return {"message": str(tmp_path / "message")}


def test_requests_since_the_last_run_are_compared_and_reported(
    stage: Stage, tmp_path: Path
) -> None:
    stage.capture(UNTIL - timedelta(hours=25), stage.rows(500))
    rows = [stage.rows(500), stage.rows(500)]
    stage.capture(UNTIL - timedelta(hours=24), rows[0])
    stage.capture(UNTIL - timedelta(hours=1), rows[1])
    stage.capture(UNTIL, stage.rows(500))
    # As a process, by the versions in the image if they can be had: as the job runs it.
    python = image_python("xgboost 3.2-0") or sys.executable
    command = [python, drift.__file__, *stage.run(**message(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    summary, metric = done.stdout.splitlines()
    assert summary == "1000 rows of 100 requests, 0 with labels: 0 findings"
    report = stage.report()
    both = np.concatenate(rows)
    expected = stage.reference.count(stage.reference.place(both, both.sum(axis=1)))
    assert report["counts"] == expected.json()
    assert (report["from"], report["until"]) == (
        "2026-11-25T00:00:00+00:00",
        "2026-11-26T00:00:00+00:00",
    )
    assert report["model"] == MODEL
    assert report["findings"] == []
    assert report["error"]["true"] is None
    document = json.loads(metric)
    [directive] = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "restate/Drift"
    assert directive["Dimensions"] == [["Endpoint"]]
    named = [one["Name"] for one in directive["Metrics"]]
    assert named == ["Findings", "Rows", "UnreadRequests", "ExpectedError"]
    assert {name: document[name] for name in ("Endpoint", "Findings", "Rows")} == {
        "Endpoint": ENDPOINT,
        "Findings": 0,
        "Rows": 1000,
    }


def test_a_run_continues_where_the_last_one_ended_and_also_compares_a_week(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [UNTIL + timedelta(days=day) for day in range(9)]
    for day in days:
        stage.capture(day - timedelta(hours=5), stage.rows(150, 0.25))
    for day in [*days[:4], *days[5:]]:
        drift.main(stage.run(day, **message(tmp_path)))
    assert [stage.report(day)["rows"] for day in (days[3], days[5])] == [150, 300]
    assert stage.report(days[5])["from"] == "2026-11-29T00:00:00+00:00"
    found = [{one["runs"] for one in stage.report(day)["findings"]} for day in (days[0], days[8])]
    # A shift that is too small for a day's rows, and not for a week's.
    assert found == [set(), {7}]
    assert "(the last 7 runs)" in capsys.readouterr().out
    # The same run again reports the same.
    again = stage.report(days[8])
    drift.main(stage.run(days[8], **message(tmp_path)))
    assert stage.report(days[8]) == again


def test_labels_show_the_true_error_and_a_changed_concept(stage: Stage, tmp_path: Path) -> None:
    rows = stage.rows(1_000)
    stage.capture(UNTIL - timedelta(days=3), rows, "old")
    labels = stage.truth(rows)[1] + 1
    records = [
        label(f"old{number}", "\n".join(map(repr, labels[number * 10 : number * 10 + 10].tolist())))
        for number in range(100)
    ]
    stage.put(f"{FOLDER}/labels/2026/11/25/03/labels.jsonl", lines(*records, label("another", "1")))
    drift.main(stage.run(**message(tmp_path)))
    report = stage.report()
    assert report["labels"] == {"requests": 101, "rows": 1000}
    assert report["rows"] == 0
    assert report["error"]["true"] == pytest.approx(float(np.abs(rows.sum(axis=1) - labels).mean()))
    assert {(one["kind"], one["subject"]) for one in report["findings"]} == {
        ("residuals", "errors"),
        ("coverage", "intervals"),
    }
    assert report["unread"] == {"a label has no captured request of this model": 1}


def test_hourly_runs_compare_hours(stage: Stage, tmp_path: Path) -> None:
    stage.capture(UNTIL - timedelta(hours=2), stage.rows(100))
    stage.capture(UNTIL - timedelta(hours=1), stage.rows(200))
    drift.main(stage.run(hours="1", long="24", **message(tmp_path)))
    assert stage.report()["rows"] == 200
    levels = {one["level"] for one in stage.report()["compared"]}
    assert levels == {0.01 / 720 / (3 * 2 + 1 + 5)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"reference": "s3://bucket/none.json"}, "there is no reference s3://bucket/none.json"),
        (
            {"captured": "s3://bucket/json"},
            "none of the captured requests can be compared: "
            "the request has type application/json, not text/csv (1)",
        ),
        (
            {"labels": "s3://bucket-of-nobody/labels"},
            "cannot read or write the bucket: An error occurred (NoSuchBucket)",
        ),
    ],
)
def test_missing_objects_are_named(
    stage: Stage, tmp_path: Path, change: dict[str, str], expected: str
) -> None:
    record = captured("{}", "1", {"eventId": "a"}, media="application/json")
    stage.put("json/2026/11/25/00/file.jsonl", lines(record))
    fails(stage.run(**message(tmp_path), **change), expected, tmp_path)
    assert "Contents" not in stage.s3.list_objects_v2(Bucket="bucket", Prefix=f"{FOLDER}/drift")


def fails(arguments: list[str], expected: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as failed:
        drift.main(arguments)
    assert str(failed.value).startswith(f"error: {expected}")
    assert (tmp_path / "message").read_text().startswith(expected)


def test_a_job_that_cannot_reach_the_bucket_says_so(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    expected = 'cannot read or write the bucket: Could not connect to the endpoint URL: "http://127'
    fails(stage.run(**message(tmp_path)), expected, tmp_path)


def test_lists_of_several_pages_are_read_completely(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # S3's own pages have 1,000
    keys = [f"many/{number:04} ü.json" for number in range(31)]
    for key in keys:
        stage.put(key, b"")
    assert len(stage.s3.list_objects_v2(Bucket="bucket", Prefix="many/")["Contents"]) == 10
    assert Objects(stage.s3).below("s3://bucket/many") == [f"s3://bucket/{key}" for key in keys]


def test_the_job_reads_and_writes_the_bucket_of_the_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    with emulator(tmp_path / "work") as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        stage = Stage(running.url)
        stage.capture(UNTIL - timedelta(hours=3), stage.rows(1_000, 1.5))
        drift.main(stage.run(**message(tmp_path)))
        report = stage.report()
    assert report["rows"] == 1000
    kinds = {(one["kind"], one["subject"]) for one in report["findings"]}
    assert ("values", "income") in kinds
