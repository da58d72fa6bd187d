"""Reports drift in an endpoint's requests since the last run.

Runs on a schedule, in a SageMaker processing job on the XGBoost image, which has boto3 and SciPy.
Compares the captured requests with the reference of the model that answered them, writes a report,
and prints a line in CloudWatch's embedded metric format, from which CloudWatch extracts the metrics
for alarms.
Sources: CloudWatch's guide, "Specification: Embedded metric format" and "Using the PutLogEvents API
to send manually-created embedded metric format logs" (no header is required). We assume, without a
source, that SageMaker sends each line unchanged as an event.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Iterator

import boto3
import numpy as np
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from drift_cells import Counts, Reference
from drift_requests import labelled, read_labels, read_requests
from drift_tests import Comparison, Thresholds, compare, periods_of
from processing_job import InputError, fail, failures, job_parser
from s3_objects import MissingObjectError, Objects

NAMESPACE = "restate/Drift"
VERSION = 1
MAX_PERIODS = 7
"""Max periods that a run catches up on after earlier runs failed."""

MAX_REPORTED = 100
"""Max comparisons in a report, those with the largest effects."""


def hours_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yields the hours of an interval."""
    hour = start
    while hour < end:
        yield hour
        hour += timedelta(hours=1)


class Run:
    """A run of the job, with its arguments."""

    def __init__(self, objects: Objects, options: argparse.Namespace) -> None:
        self.objects = objects
        self.options = options
        self.until: datetime = options.until.replace(minute=0, second=0, microsecond=0)
        self.unread: Counter[str] = Counter()

    def report(self, thresholds: Thresholds) -> dict[str, Any]:
        """Returns the report.

        Raises:
            InputError: there is no reference, or no captured request can be read.
        """
        reference = self._reference()
        earlier = self._earlier_reports()
        start = self._start(earlier)
        counts, requests = self._counts(reference, start)
        labels = self._labels(start)
        if labels:
            counts = self._with_errors(reference, counts, labels)
        known = [Counts.parse(one["counts"]) for one in earlier]
        periods = periods_of(counts, known, self.options.long)
        compared = compare(reference, periods, thresholds)
        return {
            "version": VERSION,
            "endpoint": self.options.endpoint,
            "model": self.options.model,
            "from": start.isoformat(),
            "until": self.until.isoformat(),
            "requests": requests,
            "rows": counts.rows,
            "unread": dict(self.unread),
            "labels": {"requests": len(labels), "rows": counts.labelled},
            "error": {
                "tested": reference.error,
                "expected": reference.expected_error(counts) if counts.rows else None,
                "true": counts.absolute_error / counts.labelled if counts.labelled else None,
            },
            "findings": [_json(one) for one in compared if one.drifted],
            "compared": [_json(one) for one in compared[:MAX_REPORTED]],
            "counts": counts.json(),
        }

    def _reference(self) -> Reference:
        try:
            content = self.objects.read(self.options.reference)
        except MissingObjectError:
            raise InputError(f"there is no reference {self.options.reference}") from None
        return Reference.parse(json.loads(content))

    def report_uri(self) -> str:
        """The URI of this run's report; URIs sort by time."""
        return f"{self.options.reports}/{self.until:%Y-%m-%dT%H}.json"

    def _earlier_reports(self) -> list[dict[str, Any]]:
        """The last reports on the model, except one of this run's time."""
        uris = [uri for uri in self.objects.below(self.options.reports) if uri < self.report_uri()]
        last = self._contents(uris[-max(self.options.long - 1, 1) :])
        return [json.loads(content) for _, content in last]

    def _start(self, earlier: list[dict[str, Any]]) -> datetime:
        """The end of the last run, or a period ago."""
        period = timedelta(hours=self.options.hours)
        if not earlier:
            return self.until - period
        last = datetime.fromisoformat(earlier[-1]["until"])
        return max(last, self.until - MAX_PERIODS * period)

    def _files(self, folder: str, hour: datetime) -> Iterator[tuple[str, bytes]]:
        return self._contents(self.objects.below(f"{folder}/{hour:%Y/%m/%d/%H}"))

    def _contents(self, uris: list[str]) -> Iterator[tuple[str, bytes]]:
        """Yields the contents of objects, except of those that have just been deleted."""
        for uri in uris:
            with suppress(MissingObjectError):
                yield uri, self.objects.read(uri)

    def _counts(self, reference: Reference, start: datetime) -> tuple[Counts, int]:
        """Counts the rows and the requests since a time."""
        nothing = np.zeros((0, len(reference.columns)))
        counts = reference.count(reference.place(nothing, np.zeros(0)))
        requests = 0
        for hour in hours_between(start, self.until):
            for _, content in self._files(self.options.captured, hour):
                found = read_requests(content, len(reference.columns), self.unread)
                counts = counts + reference.count(reference.place(found.rows, found.predictions))
                requests += len(found.ids)
        if self.unread and requests == 0:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in self.unread.items())
            raise InputError(f"none of the captured requests can be compared: {reasons}")
        return counts, requests

    def _labels(self, start: datetime) -> dict[str, np.ndarray]:
        """The labels that arrived since a time, by the requests' ids."""
        labels: dict[str, np.ndarray] = {}
        for hour in hours_between(start, self.until):
            for uri, content in self._files(self.options.labels, hour):
                labels.update(read_labels(content, uri))
        return labels

    def _with_errors(
        self, reference: Reference, counts: Counts, labels: dict[str, np.ndarray]
    ) -> Counts:
        """Adds the errors of requests whose labels have arrived, latest hours first."""
        awaited = set(labels)
        first = self.until - timedelta(days=self.options.label_days)
        for hour in sorted(hours_between(first, self.until), reverse=True):
            for _, content in self._files(self.options.captured, hour) if awaited else ():
                found = read_requests(content, len(reference.columns), Counter(), awaited)
                has_label, values = labelled(found, labels)
                placed = reference.place(
                    found.rows[has_label], found.predictions[has_label], values
                )
                own = reference.count(placed)
                awaited.difference_update(name for name, _ in found.ids)
                counts = replace(
                    counts,
                    residuals=counts.residuals + own.residuals,
                    uncovered=counts.uncovered + own.uncovered,
                    absolute_error=counts.absolute_error + own.absolute_error,
                )
        if awaited:
            self.unread["a label has no captured request of this model"] += len(awaited)
        return counts


def _json(one: Comparison) -> dict[str, Any]:
    return {**one._asdict(), "text": one.text}


def metric_line(report: dict[str, Any], now: datetime) -> str:
    """The report's numbers in CloudWatch's embedded metric format."""
    findings, error = report["findings"], report["error"]
    metrics = {
        "Findings": (len(findings), "Count"),
        "Rows": (report["rows"], "Count"),
        "UnreadRequests": (sum(report["unread"].values()), "Count"),
        "ExpectedError": (error["expected"], "None"),
        "TrueError": (error["true"], "None"),
    }
    known = {name: value for name, value in metrics.items() if value[0] is not None}
    document = {
        "_aws": {
            "Timestamp": int(now.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Endpoint"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in known.items()],
                }
            ],
        },
        "Endpoint": report["endpoint"],
        **{name: value for name, (value, _) in known.items()},
    }
    return json.dumps(document)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Parses the command line."""
    parser = job_parser(__doc__)
    for name, text in {
        "region": "of the bucket",
        "endpoint": "name of the endpoint",
        "model": "ARN of the model package",
        "reference": "URI of the model's reference",
        "captured": "URI of the captured requests, with a folder per hour",
        "labels": "URI of the labels, with a folder per hour",
        "reports": "URI of the folder of the reports on the model",
    }.items():
        parser.add_argument(f"--{name}", required=True, help=text)
    parser.add_argument("--until", type=_time, required=True, help="ISO 8601; its hour counts")
    parser.add_argument("--hours", type=int, choices=(1, 24), required=True, help="of a period")
    parser.add_argument("--long", type=int, required=True, help="periods to compare together too")
    parser.add_argument(
        "--label-days", type=int, required=True, help="max days until labels arrive"
    )
    parser.add_argument(
        "--false-alarms", type=float, required=True, help="probability of a false alarm in 30 days"
    )
    parser.add_argument("--shift", type=float, required=True, help="share of rows that must move")
    parser.add_argument("--unusual", type=float, required=True, help="share of unusual rows")
    parser.add_argument(
        "--ignored", nargs="*", default=[], help="features not to compare, joined by commas"
    )
    return parser.parse_args(arguments)


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def main(arguments: list[str] | None = None) -> None:
    """Runs the script."""
    options = parse(arguments)
    thresholds = Thresholds(
        options.false_alarms,
        30 * 24 // options.hours,
        options.shift,
        options.unusual,
        frozenset(name for chunk in options.ignored for name in chunk.split(",")),
    )
    retries = {"mode": "standard", "total_max_attempts": 5}
    client = boto3.client("s3", config=Config(region_name=options.region, retries=retries))
    run = Run(Objects(client), options)
    try:
        with failures(options.message):
            report = run.report(thresholds)
            run.objects.write(run.report_uri(), json.dumps(report).encode())
    except (BotoCoreError, ClientError) as error:
        fail(options.message, f"cannot read or write the bucket: {error}")
    print(
        f"{report['rows']} rows of {report['requests']} requests, {report['labels']['rows']} with "
        f"labels: {len(report['findings'])} findings"
    )
    for finding in report["findings"]:
        print(finding["text"])
    for reason, count in report["unread"].items():
        print(f"warning: {count} times {reason}")
    print(metric_line(report, datetime.now(timezone.utc)))


if __name__ == "__main__":
    main()
