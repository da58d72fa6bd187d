"""Custom code: pandas, PySpark, SQL, and formulas.

Any of them may read files and start programs, also SQL: so none runs unless the user trusts it.
The first versions of the editor wrote an operator of its own for each.
"""

from __future__ import annotations

from local.standins.data_wrangler.parameters import Parameters
from local.standins.data_wrangler.spark_process import CustomCode, missing_for_spark

_CUSTOM = "sagemaker.spark.custom_{}_0.1"
_KINDS = {_CUSTOM.format(kind): kind for kind in ("pandas", "pyspark", "sql", "formula")}
_GROUPED_ID = _CUSTOM.format("code")
_GROUPS = {
    "Python (PySpark)": ("pyspark", "pyspark_parameters"),
    "Python (Pandas)": ("pandas", "pandas_parameters"),
    "SQL (PySpark SQL)": ("sql", "sql_parameters"),
}
CODE_IDS = (*_KINDS, _GROUPED_ID)
_SHOWN = 60


def read_code(operator_id: str, parameters: Parameters, trust_code: bool) -> CustomCode | None:
    """Reads the code of a node with one of CODE_IDS, and notes why it does not run."""
    if operator_id == _GROUPED_ID:
        name = parameters.choice("operator", _GROUPS)
        if not name:
            return None
        kind, group = _GROUPS[name]
        parameters.raw("name")
        own = parameters.group(group)
        parameters.finish(other_operators=True)
    else:
        kind, own = _KINDS[operator_id], parameters
    own.raw("name")  # what the editor calls the node
    field = "formula" if kind == "formula" else "code"
    code = own.text(field)
    output_column = own.text("output_column") if kind == "formula" else ""
    own.finish()
    if not code:
        return None
    if not trust_code:
        own.note(field, f"{kind} code, {_shown(code)}, which only runs with --trust-code")
    elif missing := missing_for_spark():
        own.note(field, f"{kind} code runs by Spark, which needs {missing}")
    return CustomCode(kind, code, output_column)


def _shown(code: str) -> str:
    """The first line that does something, and how many lines there are."""
    lines = code.strip().splitlines()
    comments = ("#", "--")
    first = next((line for line in lines if line.strip() and not line.startswith(comments)), "")
    shown = first if len(first) <= _SHOWN else f"{first[:_SHOWN]}..."
    return f'"{shown}"' + (f" ({len(lines)} lines)" if len(lines) > 1 else "")
