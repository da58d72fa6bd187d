"""format_string: case, padding, stripping, prefixes and suffixes; search_and_edit.

Find and replace calls Spark's `regexp_replace`, which uses Java's expressions. DuckDB uses RE2, so
only patterns that mean the same in both are supported: escapes of symbols only, no `$`, plain
groups only, and no match of empty text. Source: `search_and_edit_find_and_replace_substring` in the
notebooks that Data Wrangler exports.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from local.standins.data_wrangler.casts import cast
from local.standins.data_wrangler.frame import Column, Frame, Statistics, Transform, identity
from local.standins.data_wrangler.parameters import Parameters
from local.standins.database import literal

_SYMBOLS = "!@#$%^&*()_+=-/\\`~{}|<>?"
_MAX_WIDTH = 1000
# Letters that become several in Java but one in DuckDB, except ß.
_LONG_CAPITALS = "".join(
    char for char in map(chr, range(0x10000)) if len(char.upper()) > 1 and char != "ß"
)
# Letters whose lower case depends on their neighbours, or is several letters.
_LONG_SMALL = "Σİ"

# Patterns whose matches Java and RE2 find alike.
_SIGNS = r"\\[!-/:-@\[-`{-~]"
_CLASS = rf"\[\^?(?:{_SIGNS}|[^\\\[\]&])+\]"
_QUANTIFIER = r"(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??"
_ATOM = rf"(?:{_SIGNS}|{_CLASS}|\((?!\?)|\)|\||\^|[^\\\[\](){{}}|^$.*+?])"
_ALIKE = re.compile(rf"(?:{_ATOM}(?:{_QUANTIFIER})?)+")

# Returns the SQL of the edited text.
_Edit = Callable[[str], str]


def _operator(read: Callable[[Parameters], _Edit]) -> Callable[[Parameters], Transform]:
    """An operator that edits a column; `read` reads its own parameters."""

    def operator(parameters: Parameters) -> Transform:
        name = parameters.column("input_column")
        output = parameters.raw("output_column") or name
        edit = read(parameters)
        parameters.finish()
        return _edited(name, str(output), edit)

    return operator


def _edited(name: str, output: str, edit: _Edit) -> Transform:
    def apply(frame: Frame, _: Statistics) -> Frame:
        place = frame.place(name)
        text = cast(f"c{place}", frame.columns[place].type, "string")
        return frame.with_column(Column(output, "string"), edit(text))

    return apply


def _without(letters: str, text: str, edited: str) -> str:
    """SQL that fails on letters whose result differs in Spark."""
    message = literal("a letter whose case changes differently in Spark")
    found = f"regexp_matches({text}, {literal(f'[{letters}]')})"
    return f"(case when {found} then error({message}) else {edited} end)"


def _lower(_: Parameters) -> _Edit:
    return lambda text: _without(_LONG_SMALL, text, f"lower({text})")


def _upper(_: Parameters) -> _Edit:
    return lambda text: _without(_LONG_CAPITALS, text, f"upper(replace({text}, 'ß', 'SS'))")


def _width(parameters: Parameters) -> int:
    width = int(parameters.number("width", -1))
    if not 0 <= width <= _MAX_WIDTH:
        parameters.note("width", f"must be a whole number from 0 to {_MAX_WIDTH}")
    return width


def _pad(side: str) -> Callable[[Parameters], _Edit]:
    def read(parameters: Parameters) -> _Edit:
        width, fill = _width(parameters), parameters.raw("fill_character") or " "
        if not isinstance(fill, str) or len(fill) > 1:
            parameters.note("fill_character", "must be one character")
            fill = " "
        return lambda text: f"{side}pad({text}, {width}, {literal(fill)})"

    return read


def _prepend_zeros(parameters: Parameters) -> _Edit:
    width = _width(parameters)
    return lambda text: f"lpad({text}, {width}, '0')"


def _strip(side: str) -> Callable[[Parameters], _Edit]:
    def read(parameters: Parameters) -> _Edit:
        # Without characters, the operator calls Python's strip, which has its own list of blanks.
        characters = parameters.raw("characters_to_remove")
        if not isinstance(characters, str) or not characters:
            parameters.note(
                "characters_to_remove", "missing; the local run only strips given characters"
            )
            characters = " "
        return lambda text: f"{side}trim({text}, {literal(characters)})"

    return read


def _add_prefix(parameters: Parameters) -> _Edit:
    prefix = literal(str(parameters.raw("prefix") or ""))
    return lambda text: f"({prefix} || {text})"


def _add_suffix(parameters: Parameters) -> _Edit:
    suffix = literal(str(parameters.raw("suffix") or ""))
    return lambda text: f"({text} || {suffix})"


def _remove_symbols(parameters: Parameters) -> _Edit:
    symbols = literal(str(parameters.raw("symbols") or _SYMBOLS))
    return lambda text: f"translate({text}, {symbols}, '')"


FORMATS: dict[str, Callable[[Parameters], Transform]] = {
    name: _operator(read)
    for name, read in {
        "Lower case": _lower,
        "Upper case": _upper,
        "Left pad": _pad("l"),
        "Right pad": _pad("r"),
        "Prepend zeros": _prepend_zeros,
        "Strip characters from left": _strip("l"),
        "Strip characters from right": _strip("r"),
        "Strip left and right": _strip(""),
        "Add prefix": _add_prefix,
        "Add suffix": _add_suffix,
        "Remove symbols": _remove_symbols,
    }.items()
}


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

    return _edited(
        name,
        output,
        lambda text: f"regexp_replace({text}, {literal(pattern)}, {literal(replacement)}, 'g')",
    )


def _is_alike(pattern: str) -> bool:
    """Whether Java and RE2 find the same matches."""
    if not _ALIKE.fullmatch(pattern):
        return False
    try:
        return re.search(pattern, "") is None
    except re.error:
        return False
