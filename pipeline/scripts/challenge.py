"""Compares the best candidate with the champion, the model that was approved last.

Runs in a SageMaker processing job on the XGBoost image, which has boto3. Both models predict the
test rows that the champion has never seen; the candidate is the winner only if it is better on
them. Writes ``comparison.json``, as compare.py does, with the result of the challenge.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Iterator, Mapping

import boto3
import evaluate
import numpy as np
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from compare import compare_reports, compared_parser
from processing_job import InputError, fail, failures, write_json
from regression_scores import MIN_INTERVAL_ROWS, regression_metrics, resampled_r2
from s3_objects import MissingObjectError, Objects
from sample_weights import take_weights

CHUNK = 50_000
"""Rows of training data in memory at once."""

RESERVED = re.compile(r"[^\w .:/=+\-@]")
"""Characters that a model package's metadata may not have. Source: CustomerMetadataValue."""

SAMPLE_WEIGHT = "SampleWeight"
"""The metadata of a model package with the column that weights its rows, if any."""


class NotComparableError(Exception):
    """The champion and the candidate cannot be compared."""


@dataclass(frozen=True)
class Champion:
    """The model package that was approved last."""

    version: int
    metadata: Mapping[str, str]
    model_uri: str

    def said(self, name: str) -> str:
        """A value of the metadata that the pipeline registers.

        Raises:
            NotComparableError: the package does not have it.
        """
        if name not in self.metadata:
            raise NotComparableError(
                f"its package lacks {name}, so it was registered without restate:champion"
            )
        return self.metadata[name]


def find_champion(client: Any, group: str) -> Champion | None:  # noqa: ANN401
    """The approved version of a group that was registered last, if any."""
    pages = client.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
    )
    for page in pages:
        for summary in page["ModelPackageSummaryList"]:
            found = client.describe_model_package(ModelPackageName=summary["ModelPackageArn"])
            containers = found.get("InferenceSpecification", {}).get("Containers", [{}])
            metadata = found.get("CustomerMetadataProperties", {})
            # The container that encodes rows precedes the model's; one that adds intervals follows.
            place_of_model = 1 if "RowEncoding" in metadata else 0
            return Champion(
                version=found["ModelPackageVersion"],
                metadata=metadata,
                model_uri=containers[place_of_model].get("ModelDataUrl", ""),
            )
    return None


def check_encodings(champion: Champion, storage: Objects, metadata: Path) -> None:
    """Checks that the champion has the same encodings of labels, which train rows determine.

    Raises:
        NotComparableError: it does not.
    """
    name = "text_encodings.json"
    folder = champion.said("FeatureNames").rpartition("/")[0]
    uri = f"{folder}/{name}"
    known = json.loads(storage.read(uri)) if uri in storage.below(folder) else None
    own = metadata / name
    if known != (json.loads(own.read_text()) if own.exists() else None):
        raise NotComparableError("its encodings of labels differ (dataset.encode)")


def check_schema(champion: Champion, storage: Objects, target: str, metadata: Path) -> None:
    """Checks that the champion predicts the same target from the same features.

    Raises:
        NotComparableError: it does not, or this is unknown.
    """
    features: list[str] = json.loads((metadata / "feature_names.json").read_text())
    if champion.said("Target") != target:
        raise NotComparableError(f"its target is {champion.said('Target')}; here it is {target}")
    known: list[str] = json.loads(storage.read(champion.said("FeatureNames")))
    if known == features:
        check_encodings(champion, storage, metadata)
        return
    fewer = [name for name in known if name not in features]
    more = [name for name in features if name not in known]
    differences = [f"it has {', '.join(fewer[:5])}"] if fewer else []
    differences += [f"it lacks {', '.join(more[:5])}"] if more else []
    raise NotComparableError(f"its features differ: {'; '.join(differences) or 'their order'}")


def model_format(champion: Champion) -> str:
    """The champion's key in evaluate.LOADERS.

    Raises:
        NotComparableError: no loader reads its models.
    """
    name = champion.said("ModelFormat")
    if name not in evaluate.LOADERS:
        raise NotComparableError(f"the challenge cannot evaluate models of the format {name}")
    return name


def parsed(lines: Iterator[bytes]) -> Iterator[np.ndarray]:
    """Yields the rows of CSV lines in blocks."""
    filled = (evaluate.EMPTY_FIELD.sub(b"nan", line) for line in lines if line)
    while chunk := list(islice(filled, CHUNK)):
        yield np.loadtxt(chunk, delimiter=",", ndmin=2)


def identity(rows: np.ndarray) -> list[bytes]:
    """A hash of each row's numbers, independent of how they are written."""
    return [row.tobytes() for row in np.ascontiguousarray(rows + 0.0)]  # -0.0 is 0.0


def unseen(champion: Champion, storage: Objects, test: np.ndarray) -> np.ndarray:
    """Finds the test rows that the champion was neither trained nor tuned on.

    Changed data is split again, and Athena returns rows in any order: many of today's test rows may
    be training rows of the champion, which would flatter it.

    Raises:
        NotComparableError: its training data is unknown.
    """
    ids = identity(test)
    wanted, seen = set(ids), set[bytes]()
    weighted = SAMPLE_WEIGHT in champion.metadata
    for split in ("TrainRows", "ValidationRows"):
        uris = storage.below(champion.said(split))
        if not uris:
            raise NotComparableError(
                f"it is not known which test rows it has seen: {champion.said(split)} is empty"
            )
        for uri in uris:
            for rows in parsed(storage.open(uri).iter_lines()):
                seen |= wanted.intersection(identity(take_weights(rows, weighted)[0]))
    return np.array([one not in seen for one in ids], dtype=bool)


def champion_predictions(champion: Champion, storage: Objects, features: np.ndarray) -> np.ndarray:
    """Predicts with the champion.

    Raises:
        NotComparableError: its model cannot be read, or does not fit these rows.
    """
    loader = evaluate.LOADERS[model_format(champion)]
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.tar.gz"
        archive.write_bytes(storage.read(champion.model_uri))
        unpacked = Path(folder) / "model"
        unpacked.mkdir()
        try:
            evaluate.extract(archive, unpacked)
            predicted = loader(unpacked)(features)
        except Exception as error:  # its library may raise anything
            raise NotComparableError(f"its model cannot be evaluated: {error}") from error
    # Rounded like the candidate's, which evaluate.py writes: equal models must compare as equal.
    return np.array([float(f"{value:.10g}") for value in predicted])


def candidate_predictions(folder: Path, name: str, test: np.ndarray) -> np.ndarray:
    """Reads a candidate's predictions for the test rows, which its evaluation wrote.

    Raises:
        InputError: they are for other rows.
    """
    pairs = np.loadtxt(folder / name / "predictions.csv", delimiter=",", skiprows=1, ndmin=2)
    # Ten digits are written.
    if len(pairs) != len(test) or not np.allclose(pairs[:, 0], test[:, 0], rtol=1e-9, atol=0):
        raise InputError(f"the predictions of {name} are not those of the test rows")
    return np.asarray(pairs[:, 1])


@dataclass(frozen=True)
class Challenge:
    """Two models on the same rows.

    `least` is the lower bound of the candidate's advantage in R², at the given confidence; it is
    negative if the candidate may be worse.
    """

    rows: int
    r2: float
    champion_r2: float
    least: float


def challenge(
    actual: np.ndarray,
    predicted: np.ndarray,
    champion: np.ndarray,
    confidence: float,
    weights: np.ndarray | None = None,
) -> Challenge:
    """Compares two models by a paired bootstrap: both are scored on the same samples of rows.

    With weights, by weighted R², whatever the champion was trained with.

    Raises:
        NotComparableError: there are too few rows, or the champion's predictions are not finite.
    """
    try:
        own = regression_metrics(actual, predicted, weights)["r2"]
        other = regression_metrics(actual, champion, weights)["r2"]
    except InputError as error:
        raise NotComparableError(str(error)) from error
    resampled = resampled_r2(actual, predicted, champion, weights=weights)
    if resampled is None:
        raise NotComparableError("the target varies too little in samples of these rows")
    least = float(np.quantile(resampled[:, 0] - resampled[:, 1], 1 - confidence))
    return Challenge(actual.size, own, other, least)


def hold_against(
    champion: Champion, storage: Objects, options: argparse.Namespace, winner: str
) -> Challenge:
    """Compares a candidate with the champion.

    Raises:
        NotComparableError: they cannot be compared.
        InputError: this execution's results cannot be read.
    """
    check_schema(champion, storage, options.target, options.metadata)
    model_format(champion)
    test, weights = take_weights(evaluate.read_rows(options.test), options.weighted)
    rows = unseen(champion, storage, test)
    count = int(np.count_nonzero(rows))
    if count < MIN_INTERVAL_ROWS:
        raise NotComparableError(
            f"it was trained or tuned on all but {count} of the {len(test)} test rows"
            if count < len(test)
            else f"{count} test rows are too few"
        )
    predicted = candidate_predictions(options.input, winner, test)[rows]
    return challenge(
        test[rows, 0],
        predicted,
        champion_predictions(champion, storage, test[rows, 1:]),
        options.confidence,
        None if weights is None else weights[rows],
    )


def decide(
    champion: Champion | None, storage: Objects, options: argparse.Namespace, winner: str
) -> dict[str, Any]:
    """Decides whether to register the best candidate, with the reason."""
    if champion is None:
        return {"register": winner, "outcome": "NoChampion", "verdict": "there is no champion"}
    about: dict[str, dict[str, float]] = {"champion": {"version": champion.version}}
    try:
        result = hold_against(champion, storage, options, winner)
    except (MissingObjectError, NotComparableError) as error:
        stays = options.not_comparable == "keep"
        return {
            **about,
            "register": "" if stays else winner,
            "outcome": "NotComparable",
            "verdict": f"{'the champion stays: ' if stays else ''}version {champion.version} is "
            f"not comparable: {error}",
        }
    wins = result.least > options.by
    scores = (
        f"{winner} R2 {result.r2:.4f}; version {champion.version} {result.champion_r2:.4f}; on "
        f"{result.rows} {'weighted ' if options.weighted else ''}test rows"
    )
    needed = f"more by {options.by:g} with confidence {options.confidence:g}"
    about["champion"] |= {"r2": result.champion_r2}
    return {
        **about,
        "register": winner if wins else "",
        "outcome": "Beaten" if wins else "Stays",
        "challenger": {"name": winner, "r2": result.r2},
        "rows": result.rows,
        "difference": {
            "r2": result.r2 - result.champion_r2,
            "least": result.least,
            "confidence": options.confidence,
            "by": options.by,
        },
        "verdict": f"the champion is beaten: {scores}; {needed}"
        if wins
        else f"the champion stays: {scores}; not {needed}",
    }


def use_packages(folder: Path, unpacked: Path) -> None:
    """Makes the modules of the stack's own image, which are in one file, importable."""
    modules: dict[str, str] = json.loads((folder / "decision_tree.json").read_text())
    for name, text in modules.items():
        file = unpacked / "decision_tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    sys.path.insert(0, str(unpacked))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Parses the command line."""
    parser = compared_parser(__doc__)
    parser.add_argument("--model-package-group", required=True, help="where models are registered")
    parser.add_argument("--region", required=True, help="of the group")
    parser.add_argument("--by", type=float, required=True, help="required advantage in R2")
    parser.add_argument("--confidence", type=float, required=True, help="of the advantage")
    parser.add_argument("--not-comparable", choices=("register", "keep"), required=True)
    parser.add_argument("--target", required=True, help="name of the target")
    parser.add_argument("--test", type=Path, required=True, help="folder of CSV files, label first")
    parser.add_argument(
        "--weighted", action="store_true", help="whether the second column weights the rows"
    )
    parser.add_argument("--metadata", type=Path, required=True, help="folder of feature_names.json")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Runs the script."""
    options = parse(arguments)
    # Without access to the service, it would wait for minutes.
    config = Config(region_name=options.region, connect_timeout=10, retries={"mode": "standard"})
    try:
        with failures(options.message), tempfile.TemporaryDirectory() as unpacked:
            use_packages(Path(__file__).parent, Path(unpacked))
            comparison = compare_reports(options)
            winner = comparison["winner"]
            if winner == "":
                comparison |= {
                    "register": "",
                    "outcome": "BelowMinimum",
                    "verdict": "no candidate reaches the minimum",
                }
            else:
                registry = boto3.client("sagemaker", config=config)
                champion = find_champion(registry, options.model_package_group)
                storage = Objects(boto3.client("s3", config=config))
                comparison |= decide(champion, storage, options, winner)
    except (BotoCoreError, ClientError) as error:
        fail(options.message, f"cannot read the champion: {error}")
    comparison["note"] = RESERVED.sub("-", comparison["verdict"])[:256]
    write_json(options.output, "comparison.json", comparison, indent=2)
    print(comparison["verdict"])


if __name__ == "__main__":
    main()
