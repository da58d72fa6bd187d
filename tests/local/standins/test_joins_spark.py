"""Joins of two datasets against Spark, with the calls of Data Wrangler's operator."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flows import configure, flow, node, output_folder

from local.standins.data_wrangler.flow import check
from local.standins.data_wrangler.job import run_flow
from local.standins.errors import UserError

pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf
from spark_reference import read, written

JOIN = "sagemaker.spark.join_tables_0.1"
COLUMNS = "sagemaker.spark.manage_columns_0.1"
KINDS = ["inner", "left", "leftouter", "rightouter", "fullouter", "outer", "leftsemi", "leftanti"]


def joined(kind: str, left: str = "id", right: str = "id") -> dict[str, Any]:
    """A flow that joins two datasets, each with a transform; the join is node j."""
    nodes = []
    for side in ("left", "right"):
        source, transform = flow(node(COLUMNS, "Drop column", {"column_to_drop": "drop"}))["nodes"]
        source["parameters"]["dataset_definition"]["name"] = side
        source["node_id"], transform["node_id"] = f"{side}-0", f"{side}-1"
        transform["inputs"][0]["node_id"] = f"{side}-0"
        nodes += [source, transform]
    inputs = [{"name": "df", "node_id": f"{side}-1"} for side in ("left", "right")]
    parameters = {"left_column": left, "right_column": right, "join_type": kind}
    nodes.append(
        {
            "node_id": "j",
            "type": "TRANSFORM",
            "operator": JOIN,
            "parameters": parameters,
            "inputs": inputs,
            "outputs": [{"name": "default"}],
        }
    )
    return {"metadata": {"version": 1}, "nodes": nodes}


def run(
    base: Path, content: dict[str, Any], left: pa.Table, right: pa.Table, row_group_size: int = 2
) -> list[list[str]]:
    """The rows of the join, header first."""
    configure(base)
    for name, table in (("left", left), ("right", right)):
        (base / "processing" / name).mkdir(parents=True)
        pq.write_table(table, base / "processing" / name / "part-0.parquet", row_group_size)
    (base / "processing/flow").mkdir()
    (base / "processing/flow/a.flow").write_text(json.dumps(content))
    last = content["nodes"][-1]["node_id"]
    run_flow(base, ["--output-config", json.dumps({f"{last}.default": {"content_type": "CSV"}})])
    (part,) = output_folder(base, last).glob("part-*")
    return list(csv.reader(part.read_text().splitlines()))


def by_spark(
    spark: SparkSession, left: pa.Table, right: pa.Table, kind: str, keys: list[str]
) -> list[list[str]]:
    """The same with Spark: the rows, without the header."""
    one = read(spark, left).drop("drop").alias("left")
    other = read(spark, right).drop("drop").alias("right")
    condition = [sf.col(f"left.{key}") == sf.col(f"right.{key}") for key in keys]
    frame = one.join(other, condition, how=kind)
    # Their names may be the same.
    named = frame.toDF(*(f"c{place}" for place in range(len(frame.columns))))
    return list(csv.reader(written(named).splitlines()))[1:]


LEFT = pa.table(
    {
        "id": pa.array(["b", "a", None, "a", "", "c", "A"], pa.string()),
        "drop": pa.array(range(7), pa.int64()),
        "x": pa.array([1.5, None, 3.0, 4.0, 5.0, math.nan, 7.0], pa.float64()),
        "id_0": pa.array([f"l{place}" for place in range(7)], pa.string()),
    }
)
RIGHT = pa.table(
    {
        "x": pa.array([1.5, math.nan, None, 7.0, -0.0], pa.float64()),
        "drop": pa.array(range(5), pa.int64()),
        "id": pa.array(["a", "b", None, "a", "d"], pa.string()),
    }
)
MULTI = "sagemaker.spark.join_multi_keys_0.1"
BOTH = ["id_0_dup", "x_0", "id_0", "x_1", "id_1"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("column", ["id", "x"])
def test_joins_like_spark(spark: SparkSession, tmp_path: Path, kind: str, column: str) -> None:
    ours = run(tmp_path, joined(kind, column, column), LEFT, RIGHT)
    names = ["id", "x", "id_0"] if kind in ("leftsemi", "leftanti") else BOTH
    assert ours[0] == names
    assert sorted(ours[1:]) == sorted(by_spark(spark, LEFT, RIGHT, kind, [column]))


@pytest.mark.parametrize("kind", KINDS)
def test_joins_by_several_keys_like_spark(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    content = joined(kind)
    keys = [{"left": "id", "right": "id"}, {"left": "x", "right": "x"}]
    content["nodes"][-1] |= {
        "operator": MULTI,
        "parameters": {"join_keys": keys, "join_type": kind},
    }
    left = LEFT.append_column("only", LEFT["id_0"])
    ours = run(tmp_path, content, left, RIGHT)
    names = ["id", "x", "id_0", "only"]
    if kind not in ("leftsemi", "leftanti"):
        names = ["id_0_dup", "x_0", "id_0", "only", "x_1", "id_1"]
    assert ours[0] == names
    assert sorted(ours[1:]) == sorted(by_spark(spark, left, RIGHT, kind, ["id", "x"]))


def test_the_keys_of_a_join_are_checked() -> None:
    content = joined("inner")
    content["nodes"][-1] |= {"operator": MULTI, "parameters": {"join_type": "inner"}}
    title = f"node j ({MULTI}): parameters.join_keys"
    assert f"{title}: must be a list of 1 to 10 pairs of columns" in check(content)
    key = {"left": "id", "right": "", "how": "equal"}
    content["nodes"][-1]["parameters"]["join_keys"] = [key]
    assert [problem for problem in check(content) if problem.startswith(title)] == [
        f"{title}[0].right: missing",
        f"{title}[0].how: not supported by the local run",
    ]


def test_rows_are_in_the_order_of_the_left_table(tmp_path: Path) -> None:
    size = 30_000
    left = pa.table({"id": range(size), "drop": [0] * size})
    right = pa.table({"id": range(size - 1, -1, -1), "drop": [0] * size})
    rows = run(tmp_path, joined("inner"), left, right, row_group_size=1000)
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(size)]


def test_a_transform_can_follow(tmp_path: Path) -> None:
    content = joined("inner")
    drop = node(COLUMNS, "Drop column", {"column_to_drop": "id_1"})
    more = {"node_id": "last", "inputs": [{"node_id": "j"}], "outputs": [{"name": "default"}]}
    content["nodes"].append({**drop, **more})
    rows = run(tmp_path, content, LEFT, RIGHT)
    assert rows[0] == ["id_0_dup", "x_0", "id_0", "x_1"]


def test_refuses_what_differs_between_versions_of_the_image_or_spark(tmp_path: Path) -> None:
    numbers = pa.table({"id": [1, 2], "drop": [0, 0]})
    cases = {
        r"node j .*id is string and id is long; the local run joins columns of one type": numbers,
        r"node j .*columns x, X only differ in case": pa.table(
            {"X": [1.0], "id": ["a"], "drop": [0]}
        ),
        r"node j .*column id does not exist; there are key": pa.table({"key": ["a"], "drop": [0]}),
    }
    for number, (message, right) in enumerate(cases.items()):
        with pytest.raises(UserError, match=message):
            run(tmp_path / str(number), joined("inner"), LEFT, right)


def test_problems_are_reported_before_anything_runs() -> None:
    content = joined("crosswise", left="")
    content["nodes"][-1]["parameters"]["hint"] = "broadcast"
    content["nodes"][-1]["inputs"].pop()
    problems = check(content)
    title = f"node j ({JOIN}): "
    assert [problem.removeprefix(title) for problem in problems if problem.startswith(title)] == [
        "parameters.left_column: missing",
        "parameters.join_type: crosswise is not supported; allowed are inner, left, left_outer, "
        "leftouter, right, right_outer, rightouter, full, full_outer, fullouter, outer, semi, "
        "left_semi, leftsemi, anti, left_anti, leftanti",
        "parameters.hint: not supported by the local run",
        "inputs: there are 1; a join needs two",
    ]
    loop = joined("inner")
    loop["nodes"][1]["inputs"][0]["node_id"] = "j"
    assert any("the node depends on itself" in problem for problem in check(loop))
