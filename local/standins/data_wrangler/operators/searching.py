"""search_and_edit: find and replace by a regular expression.

The operator calls Spark's `regexp_replace`, which uses Java's expressions. DuckDB uses RE2, so only
patterns that mean the same in both are supported: escapes of symbols only, no `$`, plain groups
only, and no match of empty text. Source: `search_and_edit_find_and_replace_substring` in the
notebooks that Data Wrangler exports.
"""

from __future__ import annotations

import re

from local.standins.data_wrangler.casts import cast
from local.standins.data_wrangler.frame import Column, Frame
from local.standins.data_wrangler.operators.transform import Transform, identity
from local.standins.data_wrangler.parameters import Parameters
from local.standins.data_wrangler.statistics import Statistics
from local.standins.database import literal

_SIGNS = r"\\[!-/:-@\[-`{-~]"
_CLASS = rf"\[\^?(?:{_SIGNS}|[^\\\[\]&])+\]"
_QUANTIFIER = r"(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??"
_ATOM = rf"(?:{_SIGNS}|{_CLASS}|\((?!\?)|\)|\||\^|[^\\\[\](){{}}|^$.*+?])"
_ALIKE = re.compile(rf"(?:{_ATOM}(?:{_QUANTIFIER})?)+")


def find_and_replace_substring(parameters: Parameters) -> Transform:
    """Replaces each match in a column, in place or in another column."""
    name = parameters.column("input_column")
    output = parameters.column("output_column", required=False) or name
    pattern = parameters.text("pattern")
    replacement = parameters.raw("replacement") or ""
    parameters.finish()
    if pattern and not _is_alike(pattern):
        parameters.note(
            "pattern", f"{pattern} may have another meaning in Spark, so it is not supported here"
        )
    if not isinstance(replacement, str) or re.search(r"[$\\]", replacement):
        parameters.note("replacement", "must be a text without $ and backslashes here")
        return identity

    def apply(frame: Frame, _: Statistics) -> Frame:
        place = frame.place(name)
        text = cast(f"c{place}", frame.columns[place].type, "string")
        edited = f"regexp_replace({text}, {literal(pattern)}, {literal(replacement)}, 'g')"
        return frame.with_column(Column(output, "string"), edited)

    return apply


def _is_alike(pattern: str) -> bool:
    """Whether Java and RE2 find the same matches."""
    if not _ALIKE.fullmatch(pattern):
        return False
    try:
        return re.search(pattern, "") is None
    except re.error:
        return False
