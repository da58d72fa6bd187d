"""Computes the baseline of a dataset: its statistics, and the constraints that follow from them.

Replaces the image sagemaker-model-monitor-analyzer for baselines: the environment names the
dataset (``dataset_source``, ``dataset_format``) and the output (``output_path``). The documents
have Model Monitor's schema, version 0.0, without the sketches of quantiles.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb

from local.standins.errors import UserError
from local.standins.files import run_processing, write_text

# The image's own names.
DATASET_SOURCE, DATASET_FORMAT, OUTPUT_PATH = "dataset_source", "dataset_format", "output_path"

BUCKETS = 10
_INFERRED_TYPES = {"BIGINT": "Integral", "DOUBLE": "Fractional", "INTEGER": "Integral"}

MONITORING_CONFIG = {
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
    "datatype_check_threshold": 1.0,
    "domain_content_threshold": 1.0,
    "distribution_constraints": {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
    },
}


def read_dataset(source: Path, dataset_format: str) -> duckdb.DuckDBPyRelation:
    """Opens the CSV files of a folder; columns without a header are _c0, _c1, ...

    Raises:
        UserError: the format is not CSV, or there are no rows.
    """
    try:
        header = bool(json.loads(dataset_format)["csv"]["header"])
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"dataset_format {dataset_format} is not supported here; allowed is csv"
        ) from None
    files = sorted(str(path) for path in source.rglob("*") if path.is_file())
    if not files:
        raise UserError(f"there are no files in {source}")
    try:
        dataset = duckdb.connect().read_csv(files, header=header, null_padding=True)  # type: ignore[arg-type]
    except duckdb.Error as error:
        raise UserError(f"cannot read the dataset: {str(error).splitlines()[0]}") from None
    names = dataset.columns if header else [f"_c{index}" for index in range(len(dataset.columns))]
    columns = ", ".join(
        f'"{old}" as "{new}"' for old, new in zip(dataset.columns, names, strict=True)
    )
    return dataset.project(columns)


def numeric_statistics(dataset: duckdb.DuckDBPyRelation, column: str) -> dict[str, Any]:
    """Summarises a column of numbers; its distribution has buckets of equal width."""
    row = dataset.aggregate(
        f"count({column}), count(*) - count({column}), avg({column}), sum({column}), "
        f"stddev_pop({column}), min({column}), max({column})"
    ).fetchone()
    present, missing, mean, total, deviation, least, most = row or (0,) * 7
    low, high = float(least or 0), float(most or 0)
    width = (high - low) / BUCKETS or 1.0
    counts = dict(
        dataset.filter(f"{column} is not null")
        .aggregate(
            f"least(cast(floor(({column} - {low!r}) / {width!r}) as integer), {BUCKETS - 1}) as b, "
            "count(*) as n",
            "b",
        )
        .fetchall()
    )
    buckets = [
        {
            "lower_bound": low + index * width,
            "upper_bound": low + (index + 1) * width,
            "count": counts.get(index, 0),
        }
        for index in range(BUCKETS)
    ]
    return {
        "common": {"num_present": present, "num_missing": missing},
        "mean": mean,
        "sum": total,
        "std_dev": deviation,
        "min": least,
        "max": most,
        "distribution": {"kll": {"buckets": buckets}},
    }


def text_statistics(dataset: duckdb.DuckDBPyRelation, column: str) -> dict[str, Any]:
    """Summarises a column of texts."""
    row = dataset.aggregate(
        f"count({column}), count(*) - count({column}), count(distinct {column})"
    ).fetchone()
    present, missing, distinct = row or (0,) * 3
    return {
        "common": {"num_present": present, "num_missing": missing},
        "distinct_count": float(distinct),
    }


def baseline(dataset: duckdb.DuckDBPyRelation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Computes the statistics and the constraints of a dataset."""
    rows = len(dataset)
    features, constraints = [], []
    for name, kind in zip(dataset.columns, dataset.types, strict=True):
        column = f'"{name}"'
        constraint: dict[str, Any] = {"name": name}
        inferred = _INFERRED_TYPES.get(str(kind), "String")
        if inferred == "String":
            key, statistics = "string_statistics", text_statistics(dataset, column)
        else:
            key, statistics = "numerical_statistics", numeric_statistics(dataset, column)
            constraint["num_constraints"] = {"is_non_negative": (statistics["min"] or 0) >= 0}
        features.append({"name": name, "inferred_type": inferred, key: statistics})
        constraint["inferred_type"] = inferred
        constraint["completeness"] = statistics["common"]["num_present"] / rows
        constraints.append(constraint)
    return (
        {"version": 0.0, "dataset": {"item_count": rows}, "features": features},
        {"version": 0.0, "features": constraints, "monitoring_config": MONITORING_CONFIG},
    )


def write_baseline() -> None:
    """Writes the baseline of the environment's dataset.

    Raises:
        UserError: The dataset cannot be read.
    """
    dataset = read_dataset(Path(os.environ[DATASET_SOURCE]), os.environ[DATASET_FORMAT])
    statistics, constraints = baseline(dataset)
    output = Path(os.environ[OUTPUT_PATH])
    write_text(output / "statistics.json", json.dumps(statistics, indent=2))
    write_text(output / "constraints.json", json.dumps(constraints, indent=2))


if __name__ == "__main__":
    sys.exit(run_processing(lambda _: write_baseline()))
