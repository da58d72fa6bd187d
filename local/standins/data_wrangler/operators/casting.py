"""Types: infer_and_cast_type and cast_single_data_type."""

from __future__ import annotations

from local.standins.data_wrangler.casts import FLOW_TYPES, cast, to_date
from local.standins.data_wrangler.frame import Column, Frame, Statistics, Transform
from local.standins.data_wrangler.parameters import Parameters
from local.standins.errors import UserError


def infer_and_cast_type(parameters: Parameters, trained: Parameters) -> Transform:
    """Casts every column to the type in the trained schema, in the schema's order."""
    parameters.finish("inference_data_sample_size")
    schema = trained.raw("schema")
    trained.finish()
    allowed = [*FLOW_TYPES, "object"]
    if not isinstance(schema, dict) or not schema:
        trained.note("schema", "missing; the local run does not infer types")
        schema = {}
    for name, kind in schema.items():
        if kind not in allowed:
            trained.note(
                f"schema.{name}", f"{kind} is not supported; allowed are {', '.join(allowed)}"
            )

    def apply(frame: Frame, _: Statistics) -> Frame:
        for column in frame.columns:
            if column.name not in schema:
                raise UserError(f"trained_parameters.schema: column {column.name} is missing")
        items = []
        for name, kind in schema.items():
            place = frame.place(name)
            source = frame.columns[place].type
            target = FLOW_TYPES.get(kind, source)
            try:
                items.append((Column(name, target), cast(f"c{place}", source, target)))
            except UserError as error:
                raise UserError(f"column {name}: {error}") from None
        return frame.select(items)

    return apply


def cast_single_data_type(parameters: Parameters, trained: Parameters) -> Transform:
    """Casts one column; values that cannot be cast become null, or their rows are dropped."""
    name = parameters.text("column")
    kind = parameters.choice("data_type", ("long", "float", "string", "bool", "date"))
    handling = parameters.choice(
        "non_castable_data_handling_method", ("replace_null", "drop"), "replace_null"
    )
    pattern = parameters.raw("date_formatting") or "dd-MM-yyyy"
    if kind == "date":
        try:
            to_date("", "string", str(pattern))
        except UserError as error:
            parameters.note("date_formatting", str(error))
    parameters.finish("original_data_type", "datetime_formatting")
    trained.finish()

    def apply(frame: Frame, _: Statistics) -> Frame:
        place = frame.place(name)
        source, target = frame.columns[place].type, FLOW_TYPES[kind]
        if source == target:
            return frame
        value = f"c{place}"
        value = to_date(value, source, pattern) if kind == "date" else cast(value, source, target)
        result = frame.with_column(Column(name, target), value)
        return result.where(f"c{place} is not null") if handling == "drop" else result

    return apply
