"""Compares the findings from the table of requests with botocore's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rendered import ROOT, all_steps, render_config
from sdk_pipelines import write
from test_service_model import DATASET, FOREST, GRID, OPERATIONS, check_step, is_expression

Keys = tuple[str | int, ...]


def found(steps: list[dict[str, Any]]) -> list[list[str]]:
    """The problems that the language finds with each step."""
    command = ["node", "--require", "ts-node/register/transpile-only", "tests/support/inspect.ts"]
    definitions = [{"Version": "2020-12-01", "Steps": [step]} for step in steps]
    done = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, input=json.dumps(definitions).encode()
    )
    return list(json.loads(done.stdout))


def places(value: Any, at: Keys = ()) -> Iterator[Keys]:
    """The position of every value in a request; expressions count as one value."""
    if at:
        yield at
    if isinstance(value, dict) and not is_expression(value):
        for key, member in value.items():
            yield from places(member, (*at, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places(member, (*at, index))


# Each in place of every value: of every type, with sizes and texts that most limits exclude.
REPLACEMENTS: tuple[Any, ...] = (
    "",
    "x" * 2000,
    "\u0000",
    0,
    -1,
    10**9,
    0.5,
    [],
    {},
    ["x"],
    {"x": "y"},
)


def mutations(step: dict[str, Any], seen: set[tuple[object, ...]]) -> Iterator[dict[str, Any]]:
    """The step with one thing changed in its arguments: removed, replaced, or added.

    Places with the same keys and the same kind of value in steps of one type are changed once.
    """
    text = json.dumps(step)
    for *parents, last in places(step["Arguments"]):
        value: Any = step["Arguments"]
        for key in (*parents, last):
            value = value[key]
        names = tuple(key for key in (*parents, last) if isinstance(key, str))
        place = (step["Type"], names, type(value), is_expression(value))
        if place in seen:
            continue
        seen.add(place)
        for change in (*REPLACEMENTS, "removed", "added"):
            mutated = json.loads(text)
            target: Any = mutated["Arguments"]
            for key in parents:
                target = target[key]
            if change == "removed":
                del target[last]
            elif change == "added":
                if not isinstance(target[last], dict) or is_expression(target[last]):
                    continue
                target[last]["Novel"] = "x"
            else:
                target[last] = change
            yield mutated


PIPELINES = ("train", "tune")


def sdk_steps(tmp_path: Path) -> list[dict[str, Any]]:
    """The steps of pipelines written with the SageMaker Python SDK."""
    write(tmp_path, *PIPELINES)
    definitions = (json.loads((tmp_path / f"{one}.json").read_text("utf-8")) for one in PIPELINES)
    return [step for definition in definitions for step in all_steps(definition["Steps"])]


def test_botocore_and_the_language_agree_on_valid_and_on_changed_requests(tmp_path: Path) -> None:
    rendered = render_config(
        {"dataset": DATASET, "candidates": [FOREST, GRID], "dataQualityBaseline": True}
    )
    steps = [
        step
        for step in [*all_steps(rendered["Steps"]), *sdk_steps(tmp_path)]
        if step["Type"] in OPERATIONS
    ]
    assert {step["Type"] for step in steps} == OPERATIONS.keys()
    seen: set[tuple[object, ...]] = set()
    changed = [mutated for step in steps for mutated in mutations(step, seen)]
    checked = found([*steps, *changed])
    valid, ours = checked[: len(steps)], checked[len(steps) :]
    assert valid == [[] for _ in steps]
    disagreements = [
        (botocore, problems)
        for mutated, problems in zip(changed, ours, strict=True)
        if bool(botocore := check_step(mutated)) != bool(problems)
    ]
    assert disagreements == []
    assert sum(1 for problems in ours if problems) > len(changed) // 2
