"""encode_categorical: one-hot and ordinal encoding by Spark's StringIndexer and OneHotEncoder."""

from __future__ import annotations

import re

from local.standins.data_wrangler.casts import cast
from local.standins.data_wrangler.frame import NUMERIC_TYPES, Column, Frame, Statistics, Transform
from local.standins.data_wrangler.parameters import Parameters
from local.standins.data_wrangler.trained_models import string_indexer_labels
from local.standins.database import literal
from local.standins.errors import UserError

_STRATEGIES = ("Error", "Skip", "Keep")


def one_hot_encode(parameters: Parameters, trained: Parameters) -> Transform:
    """Encodes each column in turn, and adds the new columns after it."""
    known = _trained_labels(trained, "one_hot_encoder_model")
    names, output = parameters.input_and_output()
    strategy = parameters.choice("invalid_handling_strategy", _STRATEGIES, "Error")
    style = parameters.choice("output_style", ("Vector", "Columns"), "Vector")
    drop_last = parameters.boolean("drop_last", True)
    if parameters.boolean("input_already_ordinal_encoded", False):
        parameters.note("input_already_ordinal_encoded", "true is not supported by the local run")
    parameters.finish()

    def apply(frame: Frame, statistics: Statistics) -> Frame:
        for name in names:
            place = frame.place(name)
            # Spark's encoder refuses the empty string, so the operator makes it null.
            if known is None and output and frame.columns[place].type == "string":
                frame = frame.with_column(frame.columns[place], f"nullif(c{place}, '')")
            text = f"nullif({_as_text(frame, name)}, '')"
            frame, labels = _index(frame, place, text, strategy, statistics, known)
            # Keep adds an element for invalid values; the last element is the one that is dropped.
            size = len(labels) + (strategy == "Keep") - drop_last
            if drop_last and size < 1:
                raise UserError(f"column {name} has only one value, and drop_last is true")
            encode = _to_columns if style == "Columns" else _to_vector
            frame = encode(frame, place, text, labels, size, output)
        return frame

    return apply


def ordinal_encode(parameters: Parameters, trained: Parameters) -> Transform:
    """Encodes each column as its labels' numbers, in place or in another column."""
    known = _trained_labels(trained)
    names, output = parameters.input_and_output()
    strategy = parameters.choice(
        "invalid_handling_strategy", (*_STRATEGIES, "Replace with NaN"), "Error"
    )
    parameters.finish()

    def apply(frame: Frame, statistics: Statistics) -> Frame:
        for name in names:
            place = frame.place(name)
            text = _as_text(frame, name)
            frame, labels = _index(frame, place, text, strategy, statistics, known)
            cases = " ".join(
                f"when {literal(label)} then {number}" for number, label in enumerate(labels)
            )
            invalid = {"Keep": str(len(labels)), "Replace with NaN": "cast('NaN' as double)"}.get(
                strategy, "null"
            )
            value = f"cast(case {text} {cases} else {invalid} end as double)"
            if strategy == "Replace with NaN":
                value = f"case when {text} is null then cast('NaN' as double) else {value} end"
            frame = frame.with_column(Column(output or name, "double"), value)
        return frame

    return apply


def _trained_labels(trained: Parameters, *others: str) -> list[str] | None:
    """The labels in the flow's trained parameters, if any."""
    encoded = trained.raw("string_indexer_model")
    trained.finish("_hash", *others)  # the labels determine the encoder
    if encoded is None:
        return None
    try:
        return string_indexer_labels(str(encoded))
    except UserError as error:
        trained.warn("string_indexer_model", f"{error}; the operator learns anew")
        return None


def _as_text(frame: Frame, name: str) -> str:
    place = frame.typed(name, ("string", *NUMERIC_TYPES), "encoding takes text or numbers")
    kind = frame.columns[place].type
    text = cast(f"c{place}", kind, "string")
    if kind in ("float", "double"):
        return f"case when isnan(c{place}) then null else {text} end"
    return text


def _index(
    frame: Frame,
    place: int,
    text: str,
    strategy: str,
    statistics: Statistics,
    known: list[str] | None,
) -> tuple[Frame, list[str]]:
    """Learns the labels, by descending frequency, and handles rows without one."""
    name = frame.columns[place].name
    if known is not None:
        valid = f"coalesce({text} in ({', '.join(map(literal, known))}), false)"
        (invalid,) = statistics.row(frame, "count(*)", f"not {valid}")
        if invalid and strategy == "Error":
            raise UserError(
                f"column {name} has values without a label in trained_parameters, and "
                "invalid_handling_strategy is Error"
            )
        return (frame.where(valid) if strategy == "Skip" else frame), known
    counts = statistics.rows(
        frame,
        f"select {text} as label, count(*) as n from t group by label order by n desc, label",  # noqa: S608
    )
    labels = [str(label) for label, _ in counts if label is not None]
    if not labels:
        why = "" if counts else ", since no rows are left"
        raise UserError(f"column {name} has no values to encode{why}")
    if len(labels) < len(counts):
        if strategy == "Error":
            raise UserError(
                f"column {name} has missing values, and invalid_handling_strategy is Error"
            )
        if strategy == "Skip":
            frame = frame.where(f"{text} is not null")
    return frame, labels


def _to_columns(
    frame: Frame, place: int, text: str, labels: list[str], size: int, output: str
) -> Frame:
    # The operator renames columns with dots and backticks while it runs, including the prefix.
    prefix = output or re.sub("[.`]+", "_", frame.columns[place].name)
    items = frame.items()
    if not output:
        del items[place]
    for number, label in enumerate(labels):
        value = f"cast(coalesce({text} = {literal(label)}, false) as integer)"
        if number >= size:
            value = "null"  # not an element of the vector
        items.append((Column(f"{prefix}_{label}", "double"), f"cast({value} as double)"))
    return frame.select(items)


def _to_vector(
    frame: Frame, place: int, text: str, labels: list[str], size: int, output: str
) -> Frame:
    cases = " ".join(
        f"when {literal(label)} then {literal(f'({size},[{number}],[1.0])')}"
        for number, label in enumerate(labels[:size])
    )
    none = literal(f"({size},[{len(labels)}],[1.0])" if size > len(labels) else f"({size},[],[])")
    last = literal(f"({size},[],[])")  # for labels without an element
    dropped = "".join(f" when {literal(label)} then {last}" for label in labels[size:])
    value = f"case {text} {cases}{dropped} else {none} end"
    return frame.with_column(Column(output or frame.columns[place].name, "vector"), value)
