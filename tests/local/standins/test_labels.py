"""The check of labels for one-hot encoding."""

from pathlib import Path

import pytest

from local.standins.athena.labels import Label, label_problems
from local.standins.athena.table_data import check_table_data

BLANKS = (
    "column s: the labels {} differ only by surrounding blanks: merge them in the data, "
    "or exclude the others with the dataset's filter"
)


def problems(labels: dict[str, list[str]], *columns: str) -> list[str]:
    return label_problems(
        [Label(column, text) for column, texts in labels.items() for text in texts], columns
    )


@pytest.mark.parametrize(
    "texts",
    [
        ["a,b", 'a"b', "a\nb", "a'b", "ab", "ÄÖ", "日本", "a b", "\u00a0a", "a"],
        [" alone", "other "],
        ["1", "1.0"],
    ],
)
def test_accepts_labels_with_distinct_column_names(texts: list[str]) -> None:
    assert problems({"s": texts}, "y", "x") == []


@pytest.mark.parametrize(
    ("labels", "columns", "expected"),
    [
        ({"s": [" a", "a", "a "]}, ["y"], [BLANKS.format('" a", "a", "a "')]),
        ({"s": ["a\n", "a", "b"]}, ["y"], [BLANKS.format('"a\\n", "a"')]),
        (
            {"s": ["Male", "male"]},
            ["y"],
            [BLANKS.format('"Male", "male"').replace("by surrounding", "by case or surrounding")],
        ),
        (
            {"s": ["x"]},
            ["y", "s_x"],
            [
                'column s_x and label "x" of column s would both be the column "s_x" after one-hot '
                "encoding: rename one of them in the data"
            ],
        ),
        (
            {"a": ["b_c"], "a_b": ["C"]},
            ["y"],
            [
                'label "b_c" of column a and label "C" of column a_b would both be the column '
                '"a_b_c" after one-hot encoding: rename one of them in the data'
            ],
        ),
    ],
)
def test_names_labels_that_clash(
    labels: dict[str, list[str]], columns: list[str], expected: list[str]
) -> None:
    assert problems(labels, *columns) == expected


def check(path: Path, query: str, columns: dict[str, str], encoded: list[str]) -> None:
    table = {
        "database": "lake",
        "name": "t",
        "columns": [
            {"name": "y", "type": "double"},
            {"name": "s", "type": "string"},
            {"name": "code", "type": "boolean"},
        ],
        "paths": [str(path)],
        "format": "csv",
    }
    encoding = {"query": query, "database": "lake", "columns": columns, "encoded": encoded}
    check_table_data({"table": table, "failure": f"{path}.failure", "encoding": encoding})


COLUMNS = {"y": "float", "s": "string", "code": "long"}
QUERY = 'SELECT "y", "s", "code" FROM "lake"."t"'


def test_reads_the_querys_rows(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("1,a,true\n2,a ,false\n3,,true\n")
    with pytest.raises(ValueError, match=r"^column s: the labels") as error:
        check(path, QUERY, COLUMNS, ["s"])
    assert str(error.value) == BLANKS.format('"a", "a "')
    check(path, QUERY + " WHERE \"s\" <> 'a '", COLUMNS, ["s"])


def test_formats_numbers_like_the_flow(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("1,a,true\n2,b,false\n")
    check(path, QUERY, COLUMNS, ["s", "code"])
    columns = {**COLUMNS, "code_1": "float"}
    with pytest.raises(ValueError, match=r'^column code_1 and label "1" of column code would'):
        check(path, QUERY, columns, ["s", "code"])


def test_counts_labels_that_it_does_not_show(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("".join(f"1,{n},true\n1,{n} ,true\n" for n in range(7)))
    with pytest.raises(ValueError, match=r".") as error:
        check(path, QUERY, COLUMNS, ["s"])
    assert len(str(error.value).splitlines()) == 6
    assert str(error.value).splitlines()[-1] == "7 problems with labels"
