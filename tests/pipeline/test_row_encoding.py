"""A served row is encoded like in the pipeline: with query, flow and Preprocess, run here."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import string
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from decision_tree.encoding.document import load_encoding
from decision_tree.encoding.encoder import Encoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from preprocess import main
from rendered import evaluate, step
from row_splits import SPLITS

from local.standins.athena.query import run_query
from local.standins.data_wrangler.job import run_flow

Row = dict[str, Any]


class Pipeline:
    """The data steps of a dataset's definition, run on files of its table."""

    def __init__(self, folder: Path, dataset: dict[str, Any], form: dict[str, Any]) -> None:
        rendered = evaluate({"dataset": {"table": "sales", "target": "y", **dataset}})
        self.folder = folder
        self.definition, uploads = rendered["definition"], rendered["uploads"]
        text = form.pop("asText", False)
        columns = [
            {"name": one["name"], "type": "string" if text else one["type"]}
            for one in dataset["columns"]
        ]
        wrangler = step(self.definition, "DataWranglerProcess")["Arguments"]
        athena = wrangler["ProcessingInputs"][1]["DatasetDefinition"]["AthenaDatasetDefinition"]
        base = folder / "wrangler"
        run_query(
            {
                "query": athena["QueryString"],
                "database": athena["Database"],
                "tables": [
                    {
                        "database": athena["Database"],
                        "name": "sales",
                        "columns": columns,
                        "paths": [str(folder / "in")],
                        **form,
                    }
                ],
                "output": {"path": str(base / "processing" / "sales"), "format": "PARQUET"},
                "failure": str(folder / "failure"),
            }
        )
        flow = base / "processing" / "flow" / "sales.flow"
        flow.parent.mkdir()
        flow.write_text(next(text for uri, text in uploads.items() if uri.endswith(".flow")))
        config = base / "config"
        config.mkdir()
        job = {"ProcessingJobName": "job"}
        (config / "processingjobconfig.json").write_text(json.dumps(job))
        (config / "resourceconfig.json").write_text(json.dumps({"hosts": ["algo-1"]}))
        (argument,) = wrangler["AppSpecification"]["ContainerArguments"]
        name, value = argument.split(" ", 1)
        run_flow(base, [name, value.strip("'")])
        (written,) = (base / "processing" / "output" / "job").glob("*/default")
        schema = folder / "schema" / "row_schema.json"
        schema.parent.mkdir()
        schema.write_text(
            next(text for uri, text in uploads.items() if uri.endswith("row_schema.json"))
        )
        paths = {
            "/opt/ml/processing/input": str(written),
            "/opt/ml/processing/schema/row_schema.json": str(schema),
            "/opt/ml/processing": str(folder / "out"),
            "/opt/ml/output/message": str(folder / "message"),
        }
        given = step(self.definition, "Preprocess")["Arguments"]["AppSpecification"]
        main([paths.get(one, one) for one in given["ContainerArguments"]])

    def features(self) -> dict[int, list[float | None]]:
        """The features of all rows, by their targets."""
        found = {}
        for name in SPLITS:
            with (self.folder / "out" / name / f"{name}.csv").open(newline="") as stream:
                for target, *values in csv.reader(stream):
                    found[round(float(target))] = numbers(values)
        return found

    def encoder(self) -> Encoder:
        return Encoder(load_encoding(self.folder / "out" / "encoder"))


def numbers(values: list[str]) -> list[float | None]:
    return [float(value) if value not in ("", "NaN") else None for value in values]


def encoded(encoder: Encoder, body: str, media_type: str) -> list[list[float | None]]:
    answer = encoder.encode(media_type, body.encode()).decode()
    return [numbers(line.split(",")) for line in answer.splitlines()]


def lines(rows: list[Row], names: list[str], **dialect: Any) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", **dialect).writerows(
        [row[name] for name in names] for row in rows
    )
    return stream.getvalue()


def dataset_of(columns: dict[str, str], **change: Any) -> dict[str, Any]:
    listed = [{"name": name, "type": kind} for name, kind in columns.items()]
    return {"columns": listed, "servedRows": "raw", **change}


TYPES = {
    "tiny": "tinyint",
    "whole": "int",
    "large": "bigint",
    "single": "float",
    "number": "double",
    "exact": "decimal(9,2)",
    "flag": "boolean",
    "label": "string",
    "code": "varchar(5)",
    "kind": "int",
    "day": "date",
    "moment": "timestamp",
    "written": "string",
    "clock": "string",
    "unused": "string",
    "y": "int",
}
LABELS = ["north", "Süd", "o'hare", "a+b%20c", "5 m²", "日本", "~*-._"]


def plain_rows(count: int, seed: int, missing: float) -> list[Row]:
    """Rows that LazySimpleSerDe can read: without quotes and commas."""
    chance = random.Random(seed)  # noqa: S311 - for data, not for secrets

    def one(y: int) -> Row:
        year, month, date = (chance.randrange(*ends) for ends in ((1965, 2031), (1, 13), (1, 29)))
        day = f"{year}-{month:02}-{date:02}"
        time = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
        row: Row = {
            "tiny": chance.randrange(-128, 128),
            "whole": f"{chance.choice(['', '+', '-'])}{chance.randrange(2**31)}",
            "large": chance.randrange(-(2**53), 2**53),
            "single": repr(chance.uniform(-1, 1) * 10 ** chance.randrange(-20, 20)),
            "number": repr(chance.uniform(-1, 1) * 10 ** chance.randrange(-20, 20)),
            "exact": f"{chance.uniform(-9999, 9999):.{chance.randrange(3)}f}",
            "flag": chance.choice(["true", "FALSE", "True"]),
            "label": chance.choice(LABELS) + chance.choice(["", "", " "]),
            "code": chance.choice(["abcde", "abcdefg", "x"]),
            "kind": chance.choice(["1", "02", "+3"]),
            "day": day,
            "moment": f"{day} {time}{chance.choice(['', '.5', '.123456'])}",
            "written": f"{day[8:]}.{day[5:7]}.{day[:4]}",
            "clock": time[:5].removeprefix("0"),
            "unused": "anything",
        }
        for name in row:
            if chance.random() < missing:
                row[name] = "" if chance.random() < 0.7 or name in ("label", "code") else r"\N"
        return {**row, "y": y}

    return [one(y) for y in range(count)]


PARTS = ["year", "quarter", "month", "week", "dayOfMonth", "dayOfWeek", "dayOfYear"]
PLAIN = {
    "dropped": ["unused"],
    "categorical": ["kind", "day_day_of_week"],
    "dateParts": {
        "day": [*PARTS, "daysSinceEpoch"],
        "moment": [*PARTS, "hour", "minute", "minuteOfDay", "daysSinceEpoch"],
        "written": "auto",
        "clock": ["hour", "minuteOfDay"],
    },
    "dateFormats": {"written": "%d.%m.%Y", "clock": "%H:%i"},
}


@pytest.mark.parametrize(("missing_values", "share"), [("keep", 0.1), ("impute", 0.1), ("drop", 0)])
def test_rows_of_text_files_are_encoded_like_in_the_pipeline(
    tmp_path: Path, missing_values: str, share: float
) -> None:
    rows = plain_rows(300, 1, share)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rows.csv").write_text(lines(rows, list(TYPES)))
    dataset = dataset_of(TYPES, missingValues=missing_values, **PLAIN)
    pipeline = Pipeline(tmp_path, dataset, {"format": "csv"})
    expected = pipeline.features()
    assert len(expected) == len(rows)
    names = [name for name in TYPES if name != "y"]
    encoder = pipeline.encoder()
    assert encoded(encoder, lines(rows, names), "text/csv") == [expected[row["y"]] for row in rows]
    records = [{name.upper(): row[name] for name in names if name != "unused"} for row in rows]
    assert encoded(encoder, json.dumps(records), "application/json") == [
        expected[row["y"]] for row in rows
    ]


def test_json_values_equal_those_in_text(tmp_path: Path) -> None:
    rows = plain_rows(120, 2, 0.1)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rows.csv").write_text(lines(rows, list(TYPES)))
    pipeline = Pipeline(tmp_path, dataset_of(TYPES, **PLAIN), {"format": "csv"})
    expected = pipeline.features()

    def value(name: str, text: Any) -> Any:
        if text in ("", r"\N"):
            return None
        if TYPES[name] == "boolean":
            return text.lower() == "true"
        if TYPES[name].endswith("int"):
            return int(text)
        is_number = TYPES[name] in ("float", "double") or name == "exact"
        return float(text) if is_number else text

    records = [{name: value(name, row[name]) for name in row} for row in rows]
    body = "\n".join(map(json.dumps, records))
    assert encoded(pipeline.encoder(), body, "application/jsonlines") == [
        expected[row["y"]] for row in rows
    ]


def test_numbers_and_nulls_are_read_in_the_tables_format(tmp_path: Path) -> None:
    types = {"area": "double", "rooms": "int", "label": "string", "y": "int"}
    chance = random.Random(3)  # noqa: S311 - for data, not for secrets
    labels = ['5" pipe', "a;b", "a, b", '""', "NA ", "it's"]
    rows = [
        {
            "area": chance.choice(["NA", "", f"{chance.randrange(1, 99)}.{y:03},25", f"{y},5"]),
            "rooms": chance.choice(["?", f"{y}", f"1.{y:03}"]),
            "label": chance.choice([*labels, "NA", "", "  "]),
            "y": y,
        }
        for y in range(200)
    ]
    (tmp_path / "in").mkdir()
    dialect = {"delimiter": ";", "quoting": csv.QUOTE_ALL}
    (tmp_path / "in" / "rows.csv").write_text(lines(rows, list(types), **dialect))
    dataset = dataset_of(
        types,
        delimiter=";",
        quoted=True,
        thousands=".",
        decimal=",",
        nullTexts=["NA", "?"],
        missingValues="impute",
    )
    form = {"format": "csv", "delimiter": ";", "quoteCharacter": '"', "asText": True}
    pipeline = Pipeline(tmp_path, dataset, form)
    expected = pipeline.features()
    body = lines(rows, ["area", "rooms", "label"], **dialect)
    encoder = pipeline.encoder()
    assert encoded(encoder, body, "text/csv") == [expected[row["y"]] for row in rows]
    document = json.loads((tmp_path / "out" / "encoder" / "encoding.json").read_text())
    assert document["encodings"][0]["labels"] == sorted(label.strip() for label in labels)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    labels=st.lists(
        st.text(
            st.one_of(
                st.sampled_from(" ,\";'\\\n\r\t+%_|"),
                st.sampled_from(string.printable),
                st.characters(exclude_categories=["Cs"]),
            ),
            max_size=12,
        ),
        min_size=2,
        max_size=8,
        unique_by=lambda text: text.strip().lower(),
    ),
    seed=st.integers(0, 2**16),
)
def test_labels_with_any_text_reach_the_model_intact(
    tables: Path, labels: list[str], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - for data, not for secrets
    folder = tables / str(len(list(tables.iterdir())))
    (folder / "in").mkdir(parents=True)
    blanks = "".join(map(chr, range(33)))
    names = {label.replace("\0", "") for label in labels}
    spoken = sorted({label.strip(blanks) for label in names} - {""})
    rows = [
        {
            "label": chance.choice([*names, None]),
            "size": chance.choice([None, 1.5, 2.0]),
            "y": y,
        }
        for y in range(80)
    ]
    train_has_all = [{"label": label, "size": 1.0, "y": 80 + y} for y, label in enumerate(names)]
    rows += train_has_all
    if len({label.lower() for label in spoken}) < len(spoken) or not spoken:
        return
    table = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    pq.write_table(table, folder / "in" / "rows.parquet")
    types = {"label": "string", "size": "double", "y": "bigint"}
    dataset = dataset_of(types, format="parquet", missingValues="impute")
    pipeline = Pipeline(folder, dataset, {"format": "parquet"})
    expected = pipeline.features()
    encoder = pipeline.encoder()
    records = json.dumps([{"label": row["label"], "size": row["size"]} for row in rows])
    wanted = [expected[row["y"]] for row in rows]
    assert encoded(encoder, records, "application/json") == wanted
    present = [{name: "" if row[name] is None else row[name] for name in row} for row in rows]
    body = lines(present, ["label", "size"], quoting=csv.QUOTE_ALL)
    assert encoded(encoder, body, "text/csv") == wanted


def test_the_order_of_features_does_not_depend_on_frequency(tmp_path: Path) -> None:
    types = {"label": "string", "y": "int"}
    found = []
    for name, weights in (("one", [9, 1]), ("other", [1, 9])):
        folder = tmp_path / name
        (folder / "in").mkdir(parents=True)
        chance = random.Random(1)  # noqa: S311 - for data, not for secrets
        rows = [{"label": chance.choices(["b", "a"], weights)[0], "y": y} for y in range(100)]
        (folder / "in" / "rows.csv").write_text(lines(rows, ["label", "y"]))
        Pipeline(folder, dataset_of(types), {"format": "csv"})
        document = json.loads((folder / "out" / "encoder" / "encoding.json").read_text())
        found.append(document["features"])
    assert found == [["label_a", "label_b"]] * 2


def test_medians_and_labels_are_from_the_train_rows(tmp_path: Path) -> None:
    types = {"size": "int", "label": "string", "part": "string", "y": "int"}
    rows = [
        {
            "size": "" if y % 10 == 0 else (y if y < 60 else 1000),
            "label": "known" if y < 60 else "new",
            "part": "train" if y < 60 else "test" if y < 80 else "validation",
            "y": y,
        }
        for y in range(100)
    ]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rows.csv").write_text(lines(rows, list(types)))
    split = {"by": "column", "column": "part"}
    dataset = dataset_of(types, split=split, missingValues="impute")
    pipeline = Pipeline(tmp_path, dataset, {"format": "csv"})
    document = json.loads((tmp_path / "out" / "encoder" / "encoding.json").read_text())
    train = sorted(y for y in range(60) if y % 10)
    assert document["fills"] == {"size": train[(len(train) - 1) // 2]}
    assert document["features"] == ["label_known", "size"]
    assert encoded(pipeline.encoder(), ",new,\n", "text/csv") == [[0.0, document["fills"]["size"]]]


def test_only_numbers_are_imputed_and_reported_as_missing(tmp_path: Path) -> None:
    types = {"size": "int", "rooms": "double", "y": "int"}
    rows = [{"size": "" if y % 3 else y, "rooms": y / 4, "y": y} for y in range(60)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rows.csv").write_text(lines(rows, list(types)))
    dataset = dataset_of(types, missingValues="impute")
    pipeline = Pipeline(tmp_path, dataset, {"format": "csv"})
    expected = pipeline.features()
    assert not any(None in values for values in expected.values())
    body = lines(rows, ["size", "rooms"])
    assert encoded(pipeline.encoder(), body, "text/csv") == [expected[row["y"]] for row in rows]
    report = json.loads((tmp_path / "out" / "metadata" / "data_report.json").read_text())
    assert report["missing"] == {"size": round(40 / 60, 4)}


def test_the_archive_contains_the_document_and_is_reproducible(tmp_path: Path) -> None:
    from row_encoding import write_encoder

    for name in ("one", "other"):
        write_encoder(tmp_path / name, {"format": "x", "labels": ["日本"]})
    archive = (tmp_path / "one" / "model.tar.gz").read_bytes()
    assert archive == (tmp_path / "other" / "model.tar.gz").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
        (member,) = tar.getmembers()
        content = tar.extractfile(member)
        assert member.name == "encoding.json"
        assert content and content.read() == (tmp_path / "one" / "encoding.json").read_bytes()
