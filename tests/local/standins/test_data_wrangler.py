"""Flows: refusals, column operations, sources, outputs and determinism."""

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flows import (
    CAST,
    CAST_ONE,
    CATEGORICAL,
    COLUMNS,
    MISSING,
    NUMERIC,
    cast_node,
    configure,
    flow,
    node,
    output_folder,
    run,
)

from local.standins.data_wrangler import job
from local.standins.data_wrangler.arguments import parse_arguments
from local.standins.data_wrangler.flow import check
from local.standins.data_wrangler.job import run_flow
from local.standins.data_wrangler.writer import write_output
from local.standins.database import Database
from local.standins.errors import UserError

TABLE = pa.table({"a": [1, 2, None], "b": [0.5, 1.5, 2.5], "c": ["x", "y", ""], "d": [True] * 3})
GOOD = flow(
    cast_node({"a": "long", "b": "float", "c": "string", "d": "bool"}),
    node(COLUMNS, "Drop column", {"column_to_drop": ["d"]}),
)


def header(path: Path) -> list[str]:
    return path.read_text().splitlines()[0].split(",")


def move(move_type: str, **parameters: object) -> dict[str, Any]:
    key = move_type.lower().replace(" ", "_") + "_parameters"
    return node(COLUMNS, "Move column", {"move_type": move_type, key: parameters})


@pytest.mark.parametrize(
    ("transform", "columns"),
    [
        (node(COLUMNS, "Drop column", {"column_to_drop": ["d", "b"]}), "ac"),
        (node(COLUMNS, "Drop column", {"column_to_drop": "a"}), "bcd"),
        (node(COLUMNS, "Rename column", {"input_column": "b", "new_name": "B,"}), 'a"B,"cd'),
        (node(COLUMNS, "Duplicate column", {"input_column": "b", "new_name": "e"}), "abcde"),
        (node(COLUMNS, "Duplicate column", {"input_column": "b", "new_name": "C"}), "abCd"),
        (move("Move to start", column_to_move="c"), "cabd"),
        (move("Move to start", column_to_move=["d", "b"]), "bdac"),
        (move("Move to end", column_to_move="a"), "bcda"),
        (move("Move to index", column_to_move="d", index=1), "adbc"),
        (move("Move to index", column_to_move="a", index="2"), "bcad"),
        (move("Move after", column_to_move="a", target_column="c"), "bcad"),
        (move("Move before", column_to_move="d", target_column="b"), "adbc"),
    ],
)
def test_manages_columns(tmp_path: Path, transform: dict[str, Any], columns: str) -> None:
    first = run(tmp_path, TABLE, transform).read_text().splitlines()[0]
    assert first.replace('"B,"', "|").replace(",", "").replace("|", '"B,"') == columns


def test_casts_select_in_the_order_of_the_schema(tmp_path: Path) -> None:
    schema = {"c": "string", "b": "long", "d": "string", "a": "float"}
    text = run(tmp_path, TABLE, cast_node(schema)).read_text()
    assert text == 'c,b,d,a\nx,0,true,1.0\ny,1,true,2.0\n"",2,true,\n'


@pytest.mark.parametrize(
    ("handling", "text"),
    [({}, "1,a\n,b\n3,c\n"), ({"non_castable_data_handling_method": "drop"}, "1,a\n3,c\n")],
)
def test_casts_one_column(tmp_path: Path, handling: dict[str, str], text: str) -> None:
    parameters = {"column": "s", "original_data_type": "String", "data_type": "long", **handling}
    transform = {"type": "TRANSFORM", "operator": CAST_ONE, "parameters": parameters}
    path = run(tmp_path, pa.table({"s": ["1", "x", "3.9"], "t": ["a", "b", "c"]}), transform)
    assert path.read_text() == "s,t\n" + text


def test_columns_may_differ_only_in_case(tmp_path: Path) -> None:
    table = pa.table({"k": ["a", "A", "a"]})
    parameters = {"input_column": "k", "output_style": "Columns", "drop_last": False}
    encode = node(CATEGORICAL, "One-hot encode", parameters)
    assert run(tmp_path, table, encode).read_text() == "k_a,k_A\n1.0,0.0\n0.0,1.0\n1.0,0.0\n"
    with pytest.raises(UserError, match="two columns of the Parquet output are named k_a"):
        run(tmp_path / "parquet", table, encode, content_type="Parquet")


def test_reads_every_file_and_csv_as_strings(tmp_path: Path) -> None:
    base = tmp_path
    for name in ("flow", "data/deep"):
        (base / "processing" / name).mkdir(parents=True)
    (base / "processing/flow/a.flow").write_text(json.dumps(flow()))
    (base / "processing/data/a.csv").write_text('x,"y,z"\n1,"a ""b"""\n,""\n')
    (base / "processing/data/deep/b.csv").write_text('x,"y,z"\n007,c\n')
    (base / "processing/data/_SUCCESS").write_text("no data")
    configure(base)
    run_flow(base, ["--output-config", '{"n0.default": {"content_type": "CSV"}}'])
    path, _ = sorted(output_folder(base, "n0").iterdir(), reverse=True)
    assert path.name == "part-00000-n0-c000.csv"
    assert path.read_text() == 'x,"y,z"\n1,"a ""b"""\n,""\n007,c\n'


def test_writes_parquet_with_its_types(tmp_path: Path) -> None:
    path = run(
        tmp_path,
        TABLE,
        node(COLUMNS, "Drop column", {"column_to_drop": "c"}),
        content_type="PARQUET",
    )
    table = pq.read_table(path)
    assert path.name == "part-00000-n1-c000.snappy.parquet"
    assert [str(field.type) for field in table.schema] == ["int64", "double", "bool"]
    assert table.to_pydict() == TABLE.drop_columns(["c"]).to_pydict()


def test_writes_below_the_jobs_name_and_marks_the_output_as_complete(tmp_path: Path) -> None:
    run(tmp_path, TABLE, node(COLUMNS, "Drop column", {"column_to_drop": "c"}))
    root = tmp_path / "processing/output"
    files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    folder = "ee1-DataWranglerProcess/n1/default"
    assert files == [f"{folder}/_SUCCESS", f"{folder}/part-00000-n1-c000.csv"]
    assert (root / folder / "_SUCCESS").read_bytes() == b""


@pytest.mark.parametrize(("rows", "sizes"), [(5, [1, 2, 2]), (1, [0, 0, 1]), (0, [0, 0, 0])])
def test_several_instances_write_several_files(tmp_path: Path, rows: int, sizes: list[int]) -> None:
    table = pa.table({"k": pa.array(range(rows), pa.int64())})
    run(tmp_path, table, node(COLUMNS, "Duplicate column", {"input_column": "k", "new_name": "j"}))
    configure(tmp_path, instances=3)
    run_flow(tmp_path, ["--output-config", '{"n1.default": {"content_type": "CSV"}}'])
    files = sorted(output_folder(tmp_path, "n1").glob("part-*"))
    assert [file.name for file in files] == [f"part-0000{k}-n1-c000.csv" for k in range(3)]
    lines = [file.read_text().splitlines() for file in files]
    assert [line[0] for line in lines] == ["k,j"] * 3
    assert [len(line) - 1 for line in lines] == sizes
    assert [row for line in lines for row in line[1:]] == [f"{k},{k}" for k in range(rows)]
    run_flow(tmp_path, ["--output-config", '{"n1.default": {"content_type": "PARQUET"}}'])
    parts = sorted(output_folder(tmp_path, "n1").glob("*.parquet"))
    assert [pq.read_table(part).num_rows for part in parts] == sizes


def test_keeps_the_order_and_produces_the_same_bytes(tmp_path: Path) -> None:
    size = 400_000
    values = [number % 977 / 7 if number % 11 else None for number in range(size)]
    table = pa.table({"k": range(size), "v": values, "c": [str(n % 3) for n in range(size)]})
    numeric = {"strategy": "Mean", "input_column": "v"}
    one_hot = {"input_column": "c", "output_style": "Columns", "drop_last": False}
    scale = {"scaler": "Standard scaler", "standard_scaler_parameters": {"input_column": "v"}}
    hashes = set()
    for number in range(2):
        path = run(
            tmp_path / str(number),
            table,
            node(MISSING, "Impute", {"column_type": "Numeric", "numeric_parameters": numeric}),
            node(CATEGORICAL, "One-hot encode", one_hot),
            node(NUMERIC, "Scale values", scale),
        )
        hashes.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(hashes) == 1
    lines = path.read_text().splitlines()
    assert lines[0] == "k,v,c_0,c_1,c_2"
    assert [line.partition(",")[0] for line in lines[1:]] == [str(key) for key in range(size)]


def test_accepts_a_flow_that_it_can_run() -> None:
    assert check(GOOD) == []


def changed(change: Callable[[dict[str, Any]], object]) -> list[str]:
    content = copy.deepcopy(GOOD)
    change(content)
    return check(content)


def setter(place: int, **fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["nodes"][place].update(fields)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda f: f["metadata"].update(version=2), "flow: metadata.version: 2 is not supported"),
        (lambda f: f["nodes"].clear(), "flow: must be an object with a list of nodes"),
        (setter(1, node_id=""), "flow: nodes[1].node_id: missing"),
        (setter(1, node_id="n0"), "node n0: node_id: used by two nodes"),
        (
            setter(0, operator="sagemaker.redshift_source_0.1"),
            "node n0 (sagemaker.redshift_source_0",
        ),
        (
            setter(0, parameters={}),
            "parameters.dataset_definition.name: must be the dataset's name",
        ),
        (
            setter(0, parameters={"dataset_definition": {"name": "../x"}}),
            "must be the dataset's name",
        ),
        (
            setter(1, operator="sagemaker.spark.infer_and_cast_type_0.2"),
            "operator: sagemaker.spark.inf",
        ),
        (setter(1, type="DESTINATION"), f"node n1 ({CAST}): type: DESTINATION is not supported"),
        (
            setter(1, trained_parameters={}),
            "trained_parameters.schema: missing; the local run does not",
        ),
        (
            setter(1, trained_parameters={"schema": {"a": "int"}}),
            "schema.a: int is not supported; all",
        ),
        (setter(2, inputs=[]), f"node n2 ({COLUMNS}): inputs: there are 0; a transform needs one"),
        (setter(2, inputs=[{"node_id": "n1"}, {"node_id": "n0"}]), "inputs: there are 2"),
        (setter(2, inputs=[{"node_id": "n7"}]), "inputs: there is no node n7"),
        (
            setter(2, inputs=[{"node_id": "n1", "output_name": "Train"}]),
            "inputs: output_name: Train",
        ),
        (
            setter(2, outputs=[{"name": "Train"}, {"name": "Test"}]),
            "outputs: must be the one output",
        ),
        (
            setter(1, inputs=[{"node_id": "n2"}]),
            f"node n1 ({CAST}): inputs: the node depends on itse",
        ),
        (
            setter(2, trained_parameters={"model": "x"}),
            "trained_parameters.model: not supported by",
        ),
        (
            setter(2, parameters={}),
            "parameters.operator: missing; allowed are Drop column, Duplicate",
        ),
        (
            setter(2, parameters={"operator": "Split column"}),
            "operator: Split column is not supported",
        ),
    ],
)
def test_refuses_a_flow(change: Callable[[dict[str, Any]], object], problem: str) -> None:
    problems = changed(change)
    assert any(problem in text for text in problems), problems


@pytest.mark.parametrize(
    ("transform", "problem"),
    [
        (node(COLUMNS, "Drop column", {}), "drop_column_parameters.column_to_drop: missing"),
        (
            node(COLUMNS, "Drop column", {"column_to_drop": ["a", 1]}),
            "must be a column's name or a li",
        ),
        (node(COLUMNS, "Drop column", {"column_to_drop": ["a", "a"]}), "names a column twice"),
        (
            node(COLUMNS, "Drop column", {"column_to_drop": "a", "how": 1}),
            "how: not supported by the",
        ),
        (
            node(COLUMNS, "Rename column", {"input_column": "a", "new_name": " "}),
            "new_name: must be a",
        ),
        (
            node(COLUMNS, "Rename column", {"input_column": "a", "new_name": "a"}),
            "new_name: must differ",
        ),
        (
            move("Move to index", column_to_move="a"),
            "move_to_index_parameters.index: must be an integer",
        ),
        (move("Move after", column_to_move="a", target_column="a"), "must not be a column to move"),
        (
            move("Move up", column_to_move="a"),
            "move_type: Move up is not supported; allowed are Move",
        ),
        (
            node(CATEGORICAL, "One-hot encode", {"input_column": "c", "output_style": "Sparse"}),
            "one_hot_encode_parameters.output_style: Sparse is not supported; allowed",
        ),
        (
            node(CATEGORICAL, "One-hot encode", {"input_column": "c", "drop_last": "False"}),
            "drop_last: must be true or false, not False",
        ),
        (
            node(CATEGORICAL, "One-hot encode", {"input_column": "c", "output": "x"}),
            "output: not supported by the local run",
        ),
        (
            node(MISSING, "Drop missing", {"dimension": "Drop Columns"}),
            "dimension: Drop Columns is not",
        ),
        (node(MISSING, "Fill missing", {"input_column": "c"}), "fill_value: missing"),
        (
            node(
                MISSING,
                "Drop missing",
                {"dimension": "Drop Rows", "drop_rows_parameters": {"input_column": ["a"]}},
            ),
            'drop_missing_parameters.drop_rows_parameters.input_column: a list, ["a"]; Data '
            "Wrangler requires one column's name here",
        ),
        (
            node(MISSING, "Drop missing", {"input_column": ["a", "b"]}),
            'drop_missing_parameters.input_column: a list, ["a", "b"]; Data Wrangler requires one',
        ),
        (node(MISSING, "Drop missing", {"input_column": 1}), "input_column: must be a column's n"),
        (
            node(MISSING, "Add indicator for missing", {"input_column": ["a"]}),
            'add_indicator_for_missing_parameters.input_column: a list, ["a"]; Data Wrangler',
        ),
        (
            node(
                MISSING,
                "Impute",
                {
                    "column_type": "Numeric",
                    "numeric_parameters": {"input_column": "a", "strategy": "Mode"},
                },
            ),
            "numeric_parameters.strategy: Mode is not",
        ),
        (
            node(
                NUMERIC,
                "Scale values",
                {
                    "scaler": "Min-max scaler",
                    "min_max_scaler_parameters": {"input_column": "a", "min": 2, "max": 1},
                },
            ),
            "min_max_scaler_parameters.min: must be below",
        ),
        (
            node(
                NUMERIC,
                "Scale values",
                {
                    "scaler": "Robust scaler",
                    "robust_scaler_parameters": {"input_column": "a", "lower_quantile": "x"},
                },
            ),
            "lower_quantile: must be a number, not x",
        ),
    ],
)
def test_refuses_parameters(transform: dict[str, Any], problem: str) -> None:
    problems = check(flow(transform))
    assert len(problems) == 1
    assert problems[0].startswith(f"node n1 ({transform['operator']}): parameters.")
    assert problem in problems[0]


def test_names_all_problems_before_any_work(tmp_path: Path) -> None:
    drop, join = node(COLUMNS, "Drop column", {}), {"type": "JOIN", "operator": "join"}
    with pytest.raises(UserError) as error:
        run(tmp_path, TABLE, drop, join, content_type="ORC")
    lines = str(error.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        f"node n1 ({COLUMNS})",
        "node n2 (join)",
        "--output-config",
    ]
    assert not (tmp_path / "processing/output").exists()


@pytest.mark.parametrize(
    ("transform", "problem"),
    [
        (
            node(COLUMNS, "Drop column", {"column_to_drop": "A"}),
            "column A does not exist; there are a, b",
        ),
        (node(COLUMNS, "Drop column", {"column_to_drop": list("abcd")}), "no column is left"),
        (
            node(COLUMNS, "Rename column", {"input_column": "a", "new_name": "B"}),
            "already a column b",
        ),
        (
            move("Move to index", column_to_move="a", index=4),
            "index 4: there are 4 columns, from 0",
        ),
        (cast_node({"a": "long"}), "trained_parameters.schema: column b is missing"),
        (
            cast_node({"a": "date", "b": "float", "c": "string", "d": "bool"}),
            "column a: a cast from",
        ),
        (
            node(CATEGORICAL, "One-hot encode", {"input_column": "c"}),
            "column c has missing values, and",
        ),
        (
            node(CATEGORICAL, "Ordinal encode", {"input_column": "d"}),
            "column d is boolean; encoding",
        ),
        (
            node(MISSING, "Fill missing", {"input_column": "a", "fill_value": "x"}),
            "x is not a long",
        ),
        (
            node(MISSING, "Fill missing", {"input_column": "d", "fill_value": "x"}),
            "column d is boolean",
        ),
        (
            node(
                NUMERIC,
                "Scale values",
                {"scaler": "Min-max scaler", "min_max_scaler_parameters": {"input_column": "c"}},
            ),
            "column c is string; Scale values takes numbers",
        ),
    ],
)
def test_refuses_data_that_does_not_match_the_flow(
    tmp_path: Path, transform: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UserError) as error:
        run(tmp_path, TABLE, transform)
    assert str(error.value).startswith(f"node n1 ({transform['operator']}): ")
    assert problem in str(error.value)
    assert not (tmp_path / "processing/output").exists()


def test_reports_if_no_rows_are_left_to_encode(tmp_path: Path) -> None:
    table = pa.table({"k": ["a"], "v": pa.array([None], pa.float64())})
    drop = node(MISSING, "Drop missing", {"drop_rows_parameters": {"input_column": "v"}})
    encode = node(CATEGORICAL, "One-hot encode", {"input_column": "k"})
    with pytest.raises(UserError, match="column k has no values to encode, since no rows are left"):
        run(tmp_path, table, drop, encode)


def test_refuses_to_drop_the_only_label(tmp_path: Path) -> None:
    encode = node(CATEGORICAL, "One-hot encode", {"input_column": "k"})
    with pytest.raises(UserError, match="column k has only one value, and drop_last is true"):
        run(tmp_path, pa.table({"k": ["a", "a"]}), encode)


def test_a_job_fails_with_a_message(
    tmp_path: Path, run_module: Callable[..., tuple[int, str]]
) -> None:
    module, base = "local.standins.data_wrangler", {"SAGEMAKER_BASE_DIR": str(tmp_path)}
    run(tmp_path, TABLE, node(COLUMNS, "Drop column", {"column_to_drop": "a"}))
    config = '{"n1.default": {"content_type": "CSV"}}'
    assert run_module(module, "--output-config", config, **base) == (0, "")
    # With the quotes that stand in the definition's ContainerArguments.
    assert run_module(module, "--output-config", f"'{config}'", **base) == (0, "")
    code, log = run_module(module, "--output-config", config.replace("n1", "n9"), **base)
    assert (code, log) == (1, "--output-config: n9.default: must be a node's id and .default\n")
    assert (tmp_path / "output/message").read_text() == log


def test_checks_a_flow_on_the_command_line(
    tmp_path: Path, run_module: Callable[..., tuple[int, str]]
) -> None:
    path = tmp_path / "a.flow"
    path.write_text(json.dumps(GOOD))
    assert run_module("local.standins.data_wrangler", "--check", str(path)) == (0, "[]\n")
    path.write_text('{"nodes": []}')
    code, log = run_module("local.standins.data_wrangler", "--check", str(path))
    assert code == 0
    assert json.loads(log) == ["flow: must be an object with a list of nodes"]


CHART = {
    "node_id": "chart",
    "type": "VISUALIZATION",
    "operator": "sagemaker.visualizations.histogram_0.1",
    "inputs": [{"name": "df", "node_id": "n1", "output_name": "default"}],
    "outputs": [{"name": "default"}],
}
ASKED = ["--output-config", '{"n2.default": {"content_type": "CSV"}}']


def test_ignores_what_does_not_lead_to_the_output(
    tmp_path: Path, run_module: Callable[..., tuple[int, str]]
) -> None:
    content = copy.deepcopy(GOOD)
    content["nodes"].insert(1, CHART)
    assert check(content, parse_arguments(ASKED)) == []
    assert check(content) == [
        "node chart (sagemaker.visualizations.histogram_0.1): type: VISUALIZATION is not "
        "supported; allowed are SOURCE, TRANSFORM"
    ]
    chart = parse_arguments(["--output-config", '{"chart.default": {}}'])
    assert check(content, chart) == check(content)
    drop = node(COLUMNS, "Drop column", {"column_to_drop": "a"})
    run(tmp_path, TABLE, drop)
    flow_file = tmp_path / "processing/flow/a.flow"
    with_chart = json.loads(flow_file.read_text())
    with_chart["nodes"].append(CHART)
    flow_file.write_text(json.dumps(with_chart))
    output = ["--output-config", '{"n1.default": {}}']
    code, log = run_module(
        "local.standins.data_wrangler", *output, SAGEMAKER_BASE_DIR=str(tmp_path)
    )
    assert (code, log) == (
        0,
        "node chart (sagemaker.visualizations.histogram_0.1): ignored, because it leads to no "
        "requested output\n",
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "ContainerArguments: the following arguments are required: --output-config"),
        (["--output-config", "{}"], "--output-config: names no output"),
        (["--output-config", "[]"], "--output-config: must be an object"),
        (["--output-config", "{"], "--output-config: not JSON: "),
        ([*ASKED, "--parameter-override", "x"], "ContainerArguments: --parameter-override is not"),
        ([*ASKED, "--refit-trained-params", '{"refit": "yes"}'], "refit: must be true or false"),
        ([*ASKED, "--refit-trained-params", '{"refit": True}'], "--refit-trained-params: not JSON"),
    ],
)
def test_refuses_arguments(arguments: list[str], problem: str) -> None:
    with pytest.raises(UserError) as error:
        parse_arguments(arguments)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"content_type": "ORC"}, "content_type: ORC is not supported; allowed are CSV, PARQUET"),
        ({"delimiter": ";"}, "delimiter: ; is not supported; allowed is a comma"),
        ({"compression": "gzip"}, "compression: not supported by the local run"),
    ],
)
def test_refuses_an_output(settings: dict[str, str], problem: str) -> None:
    asked = parse_arguments(["--output-config", json.dumps({"n2.default": settings})])
    assert check(GOOD, asked) == [f"--output-config: n2.default: {problem}"]


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"s3ContentType": "json"}, "s3ContentType: json; the local run reads csv, parquet"),
        ({}, "s3ContentType: missing; the local run reads csv, parquet"),
        ({"s3ContentType": "csv", "s3AddsFilenameColumn": True}, "s3AddsFilenameColumn: true is"),
        ({"s3ContentType": "csv", "s3SkipLines": 2}, "s3SkipLines: 2 is not supported here"),
        ({"s3ContentType": "csv", "s3FieldDelimiter": "||"}, "must be one character"),
        ({"s3ContentType": "csv", "s3Quote": "'"}, "s3Quote: not supported by the local run"),
    ],
)
def test_refuses_an_s3_source_by_field(context: dict[str, Any], problem: str) -> None:
    source = {"dataset_definition": {"name": "data", "s3ExecutionContext": context or {"x": 1}}}
    problems = changed(setter(0, parameters=source))
    assert any(problem in text for text in problems), problems


def test_writes_every_requested_output(tmp_path: Path) -> None:
    run(tmp_path, TABLE, node(COLUMNS, "Drop column", {"column_to_drop": "a"}))
    config = '{"n0.default": {"content_type": "PARQUET"}, "n1.default": {"content_type": "CSV"}}'
    run_flow(tmp_path, ["--output-config", config])
    (first,) = output_folder(tmp_path, "n0").glob("part-*.snappy.parquet")
    (second,) = output_folder(tmp_path, "n1").glob("part-*.csv")
    assert pq.read_schema(first).names == TABLE.column_names
    assert second.read_text().splitlines()[0] == ",".join(TABLE.column_names[1:])


def test_a_flow_of_a_thousand_nodes_keeps_one_table_of_all_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[str] = []

    def write(database: Database, *arguments: Any) -> None:
        names = "select table_name from duckdb_tables()"
        tables.extend(name for (name,) in database.execute(names).fetchall())
        write_output(database, *arguments)

    monkeypatch.setattr(job, "write_output", write)
    moves = [move("Move to start", column_to_move=name) for name in "abcd" * 261]
    assert header(run(tmp_path, TABLE, *moves)) == ["d", "c", "b", "a"]
    assert tables == ["stage1040"]
