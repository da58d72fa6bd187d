"""The container's arguments: the requested outputs, and whether the flow is refitted.

Source: the notebooks that Data Wrangler exports for a processing job and for a pipeline.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from local.standins.data_wrangler.writer import CONTENT_TYPES
from local.standins.errors import UserError


@dataclass(frozen=True)
class Output:
    """A requested output: of a node, as one of CONTENT_TYPES."""

    node_id: str
    content_type: str


@dataclass(frozen=True)
class Arguments:
    """The container's arguments.

    Attributes:
        outputs: At least one.
        refit: Whether operators learn from this data, ignoring the flow's trained parameters.
        trust_code: Whether the flow's custom code may run; the image has no such argument.
        problems: With the outputs.
    """

    outputs: tuple[Output, ...]
    refit: bool
    trust_code: bool
    problems: tuple[str, ...]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"ContainerArguments: {message}")


def parse_arguments(arguments: list[str], trust_code: bool = False) -> Arguments:
    """Parses the container's arguments, whose values may have a shell's quotes.

    The definition gives them, but only the user can trust the flow's code.

    Raises:
        UserError: An argument is unknown, or its value is not valid.
    """
    parser = _Parser(prog="data_wrangler", allow_abbrev=False, add_help=False)
    parser.add_argument("--output-config", action="append", required=True)
    parser.add_argument("--refit-trained-params")
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise UserError(f"ContainerArguments: {unknown[0]} is not supported by the local run")
    outputs: list[Output] = []
    problems: list[str] = []
    for text in given.output_config:
        for name, settings in _object("--output-config", text).items():
            outputs.append(_parse_output(name, settings, problems))
    if not outputs:
        raise UserError("--output-config: names no output")
    refit = _parse_refit(given.refit_trained_params)
    return Arguments(tuple(outputs), refit, trust_code, tuple(problems))


def _object(option: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text.strip("'"))
    except ValueError as error:
        raise UserError(f"{option}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UserError(f"{option}: must be an object")
    return value


def _parse_output(name: str, settings: object, problems: list[str]) -> Output:
    node_id, _, output_name = name.rpartition(".")
    where = f"--output-config: {name}"
    if not node_id or output_name != "default":
        problems.append(f"{where}: must be a node's id and .default")
    fields = settings if isinstance(settings, dict) else {}
    for key in sorted(fields.keys() - {"content_type", "delimiter"}):
        problems.append(f"{where}: {key}: not supported by the local run")
    if (delimiter := fields.get("delimiter")) not in (None, "", ","):
        problems.append(f"{where}: delimiter: {delimiter} is not supported; allowed is a comma")
    content_type = str(fields.get("content_type", "CSV")).upper()
    if content_type not in CONTENT_TYPES:
        problems.append(
            f"{where}: content_type: {fields['content_type']} is not supported; "
            f"allowed are {', '.join(CONTENT_TYPES)}"
        )
    return Output(node_id, content_type)


def _parse_refit(text: str | None) -> bool:
    if text is None:
        return False
    refit = _object("--refit-trained-params", text).get("refit", False)
    if not isinstance(refit, bool):
        raise UserError(f"--refit-trained-params: refit: must be true or false, not {refit}")
    return refit
