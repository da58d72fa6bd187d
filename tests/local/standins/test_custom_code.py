"""Custom code in flows is refused unless it is trusted, and names what is missing to run it."""

import json
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest
from flows import flow

from local.standins.data_wrangler import spark_process
from local.standins.data_wrangler.arguments import parse_arguments
from local.standins.data_wrangler.flow import check

PANDAS = "# Table is available as variable `df`\ndf['a'] = 1\n"


def custom(kind: str, **parameters: Any) -> dict[str, Any]:
    operator = f"sagemaker.spark.custom_{kind}_0.1"
    return {"type": "TRANSFORM", "operator": operator, "parameters": parameters}


def grouped(operator: str, group: str, code: str) -> dict[str, Any]:
    return custom("code", operator=operator, **{group: {"code": code}}, name="step")


def trusted(*transforms: dict[str, Any]) -> list[str]:
    last = json.dumps({f"n{len(transforms)}.default": {}})
    return check(flow(*transforms), parse_arguments(["--output-config", last], trust_code=True))


@pytest.mark.parametrize(
    ("transform", "problem"),
    [
        (
            custom("pandas", code=PANDAS),
            "code: pandas code, \"df['a'] = 1\" (2 lines), which only runs with --trust-code",
        ),
        (
            grouped("Python (PySpark)", "pyspark_parameters", "df = df.drop('x')" + " " * 40 + "#"),
            "pyspark_parameters.code: pyspark code, \"df = df.drop('x')" + " " * 40 + '#", which '
            "only runs with --trust-code",
        ),
        (
            grouped("SQL (PySpark SQL)", "sql_parameters", "-- all\nselect * from df"),
            'sql_parameters.code: sql code, "select * from df" (2 lines), which only runs with '
            "--trust-code",
        ),
        (
            custom("formula", output_column="s", formula="a + " * 30 + "b"),
            f'formula: formula code, "{"a + " * 15}...", which only runs with --trust-code',
        ),
        (custom("pandas"), "code: missing"),
        (custom("formula", formula="1"), "output_column: missing"),
        (
            custom("code", operator="Python (User-Defined Function)", udf_parameters={}),
            "operator: Python (User-Defined Function) is not supported; allowed are "
            "Python (PySpark), Python (Pandas), SQL (PySpark SQL)",
        ),
    ],
)
def test_refuses_untrusted_code(transform: dict[str, Any], problem: str) -> None:
    assert f"node n1 ({transform['operator']}): parameters.{problem}" in check(flow(transform))


def test_names_what_is_missing_to_run_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(_: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(spark_process, "version", version)
    needs = (
        "node n1 (sagemaker.spark.custom_pandas_0.1): parameters.code: pandas code runs by Spark, "
        "which needs "
    )
    assert trusted(custom("pandas", code=PANDAS)) == [
        f"{needs}pyspark 4 and pandas 2: "
        "`.venv/bin/python -m pip install 'pyspark==4.*' 'pandas==2.*'`"
    ]
    monkeypatch.setattr(spark_process, "version", {"pyspark": "4.0.0", "pandas": "2.3.1"}.get)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    assert trusted(custom("pandas", code=PANDAS)) == [
        f"{needs}Java 17 or later, found by JAVA_HOME or PATH"
    ]
