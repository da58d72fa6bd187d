"""CSV and Parquet to arrays."""

import gzip
import io
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from decision_tree.channels import Channel
from decision_tree.errors import PlatformError, UserError
from decision_tree.tables import Table, read_tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy


def parquet(**columns: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def read(
    folder: Path, *contents: str | bytes, content_type: str | None = None, weighted: bool = False
) -> Table:
    folder = folder / "train"
    folder.mkdir(exist_ok=True)
    for index, content in enumerate(contents):
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"part-{index}").write_bytes(data)
    return read_folder(folder, content_type, weighted)


def read_folder(folder: Path, content_type: str | None, weighted: bool = False) -> Table:
    return read_tables({"train": Channel("train", folder, content_type)}, weighted)["train"]


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3\n4,5,6\n",
        "1,2,3\r\n4,5,6",
        "\ufeff1,2,3\n4,5,6\n",
        ' 1, 2 ,"3"\n\n4e0,5.0,+6\n\n',
    ],
)
def test_reads_csv_with_the_label_first(tmp_path: Path, text: str) -> None:
    table = read(tmp_path, text)
    assert table.labels.tolist() == [1, 4]
    assert table.features.tolist() == [[2, 3], [5, 6]]
    assert table.features.dtype == np.float32
    assert table.feature_names is None


def test_empty_fields_and_nan_are_missing_values(tmp_path: Path) -> None:
    features = read(tmp_path, '1,,3\n4,nan,\n7,8,""\n').features
    expected = [[math.nan, 3], [math.nan, math.nan], [8, math.nan]]
    np.testing.assert_array_equal(features, np.array(expected, np.float32))


def test_reads_parquet_with_names_and_nulls(tmp_path: Path) -> None:
    content = parquet(
        y=pa.array([1, 2], pa.int64()),
        a=pa.array([0.5, None]),
        B=pa.array([None, True]),
        c=pa.array(["1.25", "2"]).cast(pa.decimal128(5, 2)),
        d=pa.array([1, None], pa.uint8()),
    )
    table = read(tmp_path, content)
    assert table.feature_names == ("a", "B", "c", "d")
    assert table.labels.tolist() == [1, 2]
    nan = math.nan
    expected = np.array([[0.5, nan, 1.25, 1], [nan, 1, 2, nan]], np.float32)
    np.testing.assert_array_equal(table.features, expected)


def test_joins_files_in_order_of_their_paths(tmp_path: Path) -> None:
    assert read(tmp_path, "1,2\n", "2,2\n3,2\n", "4,2").labels.tolist() == [1, 2, 3, 4]


def test_reads_gzip(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"1,2\n3,4\n"))
    assert read_folder(tmp_path, "text/csv").labels.tolist() == [1, 3]


def test_refuses_broken_gzip(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(b"1,2\n")
    with pytest.raises(UserError, match=r"train/a.csv.gz is not valid CSV: Not a gzipped file"):
        read_folder(tmp_path, None)


@pytest.mark.parametrize("name", ["part[1]*?.csv", "it's.csv", "ü \n.csv", "year=2020/a.csv"])
def test_special_characters_in_file_names_have_no_effect(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("1,2\n")
    assert read_folder(tmp_path, None).features.tolist() == [[2]]


def test_a_wildcard_in_a_name_matches_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "a*.csv").write_text("1,2\n")
    (tmp_path / "ab.csv").write_text("3,4\n")
    assert read_folder(tmp_path, None).labels.tolist() == [1, 3]


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    (tmp_path / "year=2020").mkdir()
    (tmp_path / "year=2020" / "a.parquet").write_bytes(parquet(y=[1.0], a=[2.0]))
    assert read_folder(tmp_path, None).feature_names == ("a",)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ([], "channel train has no rows"),
        (["\n\n"], "part-0 has one column"),
        (["1\n2\n"], "train/part-0 has one column; expected: at least a label and a feature"),
        (
            ["price,rooms\n1,2\n"],
            'train/part-0: line 1: Could not convert string "price" .*no header',
        ),
        (["1,2\n3,x\n"], 'part-0: line 2: Could not convert string "x"'),
        (["1,2\n3,NA\n"], "part-0: line 2: Could not convert"),
        (["1,2\n3\n"], "part-0: line 2: Expected Number of Columns: 2 Found: 1"),
        (["1,2\n3,4,5\n"], "part-0: line 2: Expected Number of Columns: 2 Found: 3"),
        (['1,2\n3,"4\n'], "part-0: line 2: Value with unterminated quote"),
        (["1," + "2" * 200_000], "train/part-0 is not valid CSV: field larger than"),
        (["1,2\n3," + "4" * 3_000_000], "train/part-0: .*CSV Error on Line: 2"),
        (["1,2\n", "1,2,3\n"], "train/part-1 has 3 columns; the previous files: 2"),
        (
            ["1,2\n,2\n3,3\nnan,3\n"],
            r"train/part-0: the label .* in 2 of 4 rows, first in row 2",
        ),
        (["1,2\ninf,2\n"], "the label .* not finite in 1 of 2 rows, first in row 2"),
        (["1,2,2\n1,2,1e39\n"], "part-0: feature 2 is infinite or too large for float32 in row 2"),
        (["1,-inf\n"], "feature 1 is infinite"),
        ([b"PAR1 and then nothing"], "train/part-0: "),
        ([b"\xff\xfe\x00\x01"], "train/part-0"),
        (
            [parquet(y=[1.0], a=["x"])],
            "train/part-0: column a has type VARCHAR; allowed: numbers",
        ),
        ([parquet(y=[1.0], a=[[1.0]])], r"column a has type DOUBLE\[\]; allowed: numbers"),
        ([parquet(y=[1.0, None], a=[1, 2])], "the label .* in 1 of 2 rows, first in row 2"),
        ([parquet(y=[1.0], a=[1]), parquet(y=[1.0], b=[1])], "part-1 has different column names"),
        ([parquet(y=[1.0], a=[1]), "1,2\n"], "part-1 has different column names"),
        ([parquet(y=pa.array([], pa.float64()), a=pa.array([], pa.int8()))], "has no rows"),
    ],
)
def test_refuses_by_file_and_row(tmp_path: Path, contents: list[str | bytes], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, *contents)


@pytest.mark.parametrize(
    "contents",
    [
        ("1,2,3,4\n5,0,7,8\n", "9,0.5,,12\n"),
        (parquet(y=[1, 5, 9], w=[2, 0, 0.5], a=[3, 7, None], b=[4, 8, 12]),),
    ],
)
def test_reads_weights_and_drops_rows_with_weight_zero(
    tmp_path: Path, contents: tuple[str | bytes, ...]
) -> None:
    table = read(tmp_path, *contents, weighted=True)
    assert table.labels.tolist() == [1, 9]
    assert table.weights.tolist() == [2, 0.5]
    np.testing.assert_array_equal(table.features, np.array([[3, 4], [math.nan, 12]], np.float32))
    assert table.features.flags.f_contiguous
    assert table.feature_names in (None, ("a", "b"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n", "train/part-0 has 2 columns; expected: at least a label, a weight and a feature"),
        (
            "1,2,3\n1,,3\n1,-1,3\n",
            r"part-0: the weight .* or not finite in 2 of 3 rows, first in row 2",
        ),
        ("1,inf,3\n", "the weight .* in 1 of 1 rows, first in row 1"),
        ("1,0,3\n2,0,3\n", "channel train: the weight of all rows is zero"),
    ],
)
def test_refuses_weights(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, text, weighted=True)


def test_an_unreadable_file_is_the_platforms_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise PermissionError("no")

    (tmp_path / "a.csv").write_text("1,2\n")
    monkeypatch.setattr(Path, "open", fails)
    with pytest.raises(PlatformError, match=r"train/a.csv cannot be read: no"):
        read_folder(tmp_path, None)


def test_a_content_type_takes_precedence_over_a_files_content(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="part-0"):
        read(tmp_path, "1,2\n", content_type="application/x-parquet")
    with pytest.raises(UserError, match="part-0"):
        read(tmp_path, parquet(y=[1.0], a=[1.0]), content_type="text/csv")


ANY_FILE = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@ANY_FILE
@given(
    st_numpy.arrays(
        np.float64,
        st.tuples(st.integers(1, 8), st.integers(2, 4)),
        elements=st.floats(-1e30, 1e30, allow_subnormal=False),
    )
)
def test_csv_is_read_to_the_last_bit(tmp_path: Path, rows: np.ndarray) -> None:
    table = read(tmp_path, "\n".join(",".join(map(repr, row)) for row in rows.tolist()))
    np.testing.assert_array_equal(table.labels, rows[:, 0])
    np.testing.assert_array_equal(table.features, rows[:, 1:].astype(np.float32))


@ANY_FILE
@given(
    st.binary(max_size=200) | st.text("0123456789,.\n\"'e-+ \r\x00n", max_size=60).map(str.encode)
)
def test_any_bytes_are_a_table_or_a_user_error(tmp_path: Path, content: bytes) -> None:
    try:
        table = read(tmp_path, content)
    except UserError:
        return
    assert table.labels.size
    assert np.isfinite(table.labels).all()
    assert not np.isinf(table.features).any()
