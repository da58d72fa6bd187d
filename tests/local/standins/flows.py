"""Builds flows of a few nodes, and runs them on small tables."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from local.standins.data_wrangler.job import run_flow

CAST = "sagemaker.spark.infer_and_cast_type_0.1"
OUTLIERS = "sagemaker.spark.handle_outliers_0.1"
ROWS = "sagemaker.spark.manage_rows_0.1"
SEARCH = "sagemaker.spark.search_and_edit_0.1"
FORMAT = "sagemaker.spark.format_string_0.1"
CAST_ONE = "sagemaker.spark.cast_single_data_type_0.1"
COLUMNS = "sagemaker.spark.manage_columns_0.1"
CATEGORICAL = "sagemaker.spark.encode_categorical_0.1"
MISSING = "sagemaker.spark.handle_missing_0.1"
NUMERIC = "sagemaker.spark.process_numeric_0.1"


def group_name(operator: str) -> str:
    """The parameter group of an operator."""
    return operator.lower().replace("-", "_").replace(" ", "_") + "_parameters"


def node(operator_id: str, operator: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """A transform whose operator has several operations."""
    values = {"operator": operator, group_name(operator): parameters}
    return {"type": "TRANSFORM", "operator": operator_id, "parameters": values}


def cast_node(schema: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "TRANSFORM",
        "operator": CAST,
        "parameters": {},
        "trained_parameters": {"schema": schema},
    }


def flow(*transforms: dict[str, Any]) -> dict[str, Any]:
    """A source, n0, and the transforms, n1, n2, ..."""
    definition = {"datasetSourceType": "Athena", "name": "data"}
    nodes: list[dict[str, Any]] = [
        {
            "node_id": "n0",
            "type": "SOURCE",
            "operator": "sagemaker.athena_source_0.1",
            "parameters": {"dataset_definition": definition},
            "inputs": [],
            "outputs": [{"name": "default"}],
        }
    ]
    for number, transform in enumerate(transforms, 1):
        inputs = [{"name": "df", "node_id": f"n{number - 1}", "output_name": "default"}]
        nodes.append(
            {
                "node_id": f"n{number}",
                "inputs": inputs,
                "outputs": [{"name": "default"}],
                **transform,
            }
        )
    return {"metadata": {"version": 1, "disable_limits": False}, "nodes": nodes}


JOB = "ee1-DataWranglerProcess"


def configure(base: Path, instances: int = 1) -> None:
    """Writes the files in which SageMaker describes a job to its processing container."""
    (base / "config").mkdir(parents=True, exist_ok=True)
    job = {"ProcessingJobName": JOB}
    (base / "config/processingjobconfig.json").write_text(json.dumps(job))
    hosts = [f"algo-{number}" for number in range(1, instances + 1)]
    resources = {"current_host": "algo-1", "hosts": hosts}
    (base / "config/resourceconfig.json").write_text(json.dumps(resources))


def output_folder(base: Path, node_id: str) -> Path:
    """The folder where the image writes the output of a node."""
    return base / "processing/output" / JOB / node_id / "default"


def run(
    base: Path,
    table: pa.Table,
    *transforms: dict[str, Any],
    content_type: str = "CSV",
    arguments: tuple[str, ...] = (),
    trust_code: bool = False,
) -> Path:
    """Runs the transforms on the table; returns the path of the output file."""
    configure(base)
    for name in ("flow", "data"):
        (base / "processing" / name).mkdir(parents=True, exist_ok=True)
    content = flow(*transforms)
    (base / "processing/flow/a.flow").write_text(json.dumps(content))
    path = base / "processing/data/part-0.parquet"
    # Many row groups, so that several threads could read.
    pq.write_table(table, path, row_group_size=10_000)
    last = content["nodes"][-1]["node_id"]
    output = json.dumps({f"{last}.default": {"content_type": content_type}})
    run_flow(base, ["--output-config", output, *arguments], trust_code)
    part, success = sorted(output_folder(base, last).iterdir(), reverse=True)
    assert success.name == "_SUCCESS"
    return part
