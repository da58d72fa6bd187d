"""Sources and column operations against Spark."""

import json
from pathlib import Path
from typing import Any

import pytest
from flows import (
    COLUMNS,
    configure,
    flow,
    node,
    output_folder,
    run,
)

from local.standins.data_wrangler.job import run_flow

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.sql import SparkSession  # noqa: E402
from spark_reference import GAPS, assert_same, read, written  # noqa: E402


@pytest.mark.parametrize("has_header", [True, False])
@pytest.mark.parametrize("name", ["part-00000", "a.csv"])
def test_reads_an_s3_source_by_its_fields(
    spark: SparkSession, tmp_path: Path, name: str, has_header: bool
) -> None:
    configure(tmp_path)
    for folder in ("flow", "data"):
        (tmp_path / "processing" / folder).mkdir(parents=True)
    path = tmp_path / "processing/data" / name
    path.write_text('x;y\n1;"a;b"\n;"say ""hi"""\n')
    content = flow()
    context = {"s3ContentType": "csv", "s3HasHeader": has_header, "s3FieldDelimiter": ";"}
    source = content["nodes"][0]
    source["operator"] = "sagemaker.s3_source_0.1"
    source["parameters"]["dataset_definition"]["s3ExecutionContext"] = context
    (tmp_path / "processing/flow/a.flow").write_text(json.dumps(content))
    run_flow(tmp_path, ["--output-config", '{"n0.default": {"content_type": "CSV"}}'])
    (part,) = output_folder(tmp_path, "n0").glob("part-*")
    expected = spark.read.csv(str(path), header=has_header, escape='"', quote='"', sep=";")
    assert_same(part.read_text(), written(expected))


def _moved(move: str, **group: Any) -> dict[str, Any]:
    key = move.lower().replace(" ", "_") + "_parameters"
    return node(COLUMNS, "Move column", {"move_type": move, key: group})


@pytest.mark.parametrize(
    ("transform", "call"),
    [
        (
            node(COLUMNS, "Drop column", {"column_to_drop": ["d", "t"]}),
            lambda frame: frame.drop("d", "t"),
        ),
        (
            node(COLUMNS, "Rename column", {"input_column": "d", "new_name": "a, b"}),
            lambda frame: frame.withColumnRenamed("d", "a, b"),
        ),
        (
            node(COLUMNS, "Duplicate column", {"input_column": "l", "new_name": "copy"}),
            lambda frame: frame.withColumn("copy", frame["l"]),
        ),
        (
            node(COLUMNS, "Duplicate column", {"input_column": "l", "new_name": "D"}),
            lambda frame: frame.withColumn("D", frame["l"]),
        ),
        (_moved("Move to start", column_to_move=["b", "d"]), lambda f: f.select(*"dbslt")),
        (_moved("Move to end", column_to_move="s"), lambda f: f.select(*"dlbts")),
        (_moved("Move to index", column_to_move="s", index=2), lambda f: f.select(*"dlsbt")),
        (
            _moved("Move after", column_to_move="s", target_column="b"),
            lambda f: f.select(*"dlbst"),
        ),
        (
            _moved("Move before", column_to_move=["t"], target_column="d"),
            lambda f: f.select(*"stdlb"),
        ),
    ],
)
def test_manages_columns(
    spark: SparkSession, tmp_path: Path, transform: dict[str, Any], call: Any
) -> None:
    expected = call(read(spark, GAPS))
    assert_same(run(tmp_path, GAPS, transform).read_text(), written(expected))
