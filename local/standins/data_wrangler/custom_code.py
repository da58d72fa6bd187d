"""Runs a flow's custom code by Spark: `python -P custom_code.py FOLDER`, a process of its own.

It imports nothing of ours. It reads requests from standard input and answers each on standard
output, JSON objects, one a line; what the code prints goes to standard error, the job's log.

    {"kind", "code", "output_column"?, "input", "names", "output"}
    {"names"} or {"error"}

Tables travel as Parquet, under the names c0, c1, ...: their own may be anything.

Source of what the code finds, and of what becomes of its result: the operators' code in the
notebooks that Data Wrangler exports, but for `custom_formula` and `custom_sql`, which none of the
public ones has; they are as the editor describes them: "a Spark SQL expression" and a query of the
table df. Settings are the defaults of the image's Spark, 3.0 by the models that flows keep.
"""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

# The code's file, to tracebacks.
_NAME = "<custom code>"
# What can be passed on, by Spark's names of types.
_TYPES = (
    *("tinyint", "smallint", "int", "bigint", "float", "double", "decimal"),
    *("string", "boolean", "date", "timestamp"),
)
# The types of columns in pandas, where they are not objects.
_DTYPES = {
    "tinyint": "int8",
    "smallint": "int16",
    "int": "int32",
    "bigint": "int64",
    "float": "float32",
    "double": "float64",
    "boolean": "bool",
    "timestamp": "datetime64[ns]",
}
# The places of the arguments whose defaults have changed.
_DTYPE_PLACE, _REGEX_PLACE = 8, 5
_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.maxResultSize": "0",
    "spark.log.level": "ERROR",
    "spark.sql.adaptive.enabled": "false",
    # One file is one partition: rows keep their order, and results do not depend on the machine.
    "spark.sql.files.maxPartitionBytes": str(2**40),
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.legacy.timeParserPolicy": "EXCEPTION",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def _session(folder: Path) -> SparkSession:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    # One thread collects garbage as one works. The second compiler costs more than it gives: a
    # query of a million rows takes as long without it, and a small table half of the time. Nor is
    # the bytecode of Spark's own packages verified, which takes a fifth of the start.
    options = (
        "-Duser.timezone=UTC -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "
        "-XX:+IgnoreUnrecognizedVMOptions "
        "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
    )
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        f"--driver-memory 4g --driver-java-options '{options}' pyspark-shell"
    )
    builder = SparkSession.builder.master("local[1]")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    return builder.config("spark.sql.warehouse.dir", str(folder / "warehouse")).getOrCreate()


def _run_code(code: str, df: Any) -> Any:  # noqa: ANN401
    """What the code leaves in `df`."""
    found = {"df": df}
    exec(compile(code, _NAME, "exec"), found)  # noqa: S102 - what this file is for
    return found["df"]


def _to_pandas(df: DataFrame) -> pd.DataFrame:
    """As `toPandas` of Spark 3: texts are objects, and integers with a gap are floats."""
    import pandas as pd

    rows = df.collect()
    columns = []
    for place, field in enumerate(df.schema.fields):
        values = [row[place] for row in rows]
        dtype = _DTYPES.get(field.dataType.simpleString(), "object")
        if None in values:
            dtype = "float64" if "int" in dtype else dtype.replace("bool", "object")
        columns.append(pd.Series(values, dtype=dtype))
    table = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    table.columns = pd.Index(df.columns)
    return table


def _from_pandas(spark: SparkSession, table: pd.DataFrame) -> DataFrame:
    """As `createDataFrame` of Spark 3: NaN is a number, and no gap."""
    columns = []
    for place, name in enumerate(table.columns):
        column = table.iloc[:, place]
        values: list[Any]
        if column.isna().all():
            values = [""] * len(column)  # by the operator, as Spark could not tell the type
        elif column.dtype.kind == "M":
            values = [None if one != one else one.to_pydatetime() for one in column]
        else:
            values = column.tolist()
        # Spark 3.0 takes no values of several types, and the operator then makes them texts.
        if column.dtype == object and len({type(one) for one in values if one is not None}) > 1:
            if not re.fullmatch(r"\w+", str(name)):
                raise TypeError(f"column {name} has values of several types")
            values = column.astype(str).tolist()
        columns.append(values)
    rows = list(zip(*columns, strict=True))
    return spark.createDataFrame(rows, [str(name) for name in table.columns])


def _by_pandas(spark: SparkSession, df: DataFrame, code: str) -> DataFrame:
    import pandas as pd

    if not ast.parse(code, _NAME).body:
        return df
    result = _run_code(code, _to_pandas(df))
    if not isinstance(result, pd.DataFrame):
        raise TypeError(f"df must be a pandas DataFrame at the end, not {type(result).__name__}")
    return _from_pandas(spark, result)


def _by_pyspark(_: SparkSession, df: DataFrame, code: str) -> DataFrame:
    from pyspark.sql import DataFrame

    result = _run_code(code, df)
    if not isinstance(result, DataFrame):
        raise TypeError(f"df must be a Spark DataFrame at the end, not {type(result).__name__}")
    return result


def _by_sql(spark: SparkSession, df: DataFrame, code: str) -> DataFrame:
    df.createOrReplaceTempView("df")
    return spark.sql(code)


def _answer(spark: SparkSession, request: dict[str, Any]) -> dict[str, Any]:
    from pyspark.sql import functions

    df = spark.read.parquet(request["input"]).toDF(*request["names"])
    code = request["code"]
    if request["kind"] == "formula":
        result = df.withColumn(request["output_column"], functions.expr(code))
    else:
        run = {"pandas": _by_pandas, "pyspark": _by_pyspark, "sql": _by_sql}[request["kind"]]
        result = run(spark, df, code)
    for field in result.schema.fields:
        kind = field.dataType.simpleString()
        if kind.partition("(")[0] not in _TYPES:
            raise TypeError(f"column {field.name} is {kind}, which the local run cannot pass on")
    names = [str(name) for name in result.columns]
    result.toDF(*(f"c{place}" for place in range(len(names)))).write.parquet(request["output"])
    return {"names": names}


def _reason(error: Exception) -> str:
    """The first line of an error, with the place in the code where it came up."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = "" if line is None else f"line {line}: "
    return f"{where}{type(error).__name__}: {lines[0]}"


def _as_older_pandas() -> None:
    """Undoes changes of pandas 2 and 3 that give other results without a word.

    The image has an older one: its Spark 3.0 runs on Python up to 3.8, where pandas ends at 2.0.
    """
    import pandas as pd

    if pd.__version__.startswith("3."):
        pd.set_option("future.infer_string", False)
        # An assignment that changes df no more.
        warnings.simplefilter("error", pd.errors.ChainedAssignmentError)
    dummies, strings = pd.get_dummies, pd.Series.str
    replace = strings.replace

    @functools.wraps(dummies)
    def get_dummies(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if len(arguments) < _DTYPE_PLACE:
            named.setdefault("dtype", "uint8")
        return dummies(*arguments, **named)

    @functools.wraps(replace)
    def str_replace(self: Any, pat: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if len(arguments) < _REGEX_PLACE and named.get("regex") is None:
            named["regex"] = not isinstance(pat, str) or len(pat) > 1
        return replace(self, pat, *arguments, **named)

    pd.get_dummies, strings.replace = get_dummies, str_replace


def main(folder: Path) -> None:
    """Answers requests until standard input closes."""
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    import pandas as pd
    import pyspark

    for category in (DeprecationWarning, FutureWarning):  # of other versions, not of the code
        warnings.simplefilter("ignore", category)
    print(f"custom code runs by PySpark {pyspark.__version__}, pandas {pd.__version__}")  # noqa: T201
    _as_older_pandas()
    spark = _session(folder)
    for line in requests:
        try:
            answer = _answer(spark, json.loads(line))
        except Exception as error:
            answer = {"error": _reason(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
