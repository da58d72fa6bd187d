"""Renders definitions with the project's own command."""

from __future__ import annotations

import atexit
import functools
import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@functools.cache
def render(stack: str) -> dict[str, Any]:
    """The definition of a stack, from `npm run definition`."""
    command = ["node", "tools/restate.mjs", "definition"]
    done = subprocess.run([*command, "--stack", stack], cwd=ROOT, check=True, capture_output=True)
    return dict(json.loads(done.stdout))


@functools.cache
def _renderer() -> subprocess.Popen[str]:
    """Evaluates configurations until this process ends: Pulumi's packages take seconds to load."""
    command = ["node", "--require", "ts-node/register/transpile-only", "tests/support/render.ts"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.communicate)
    return process


def evaluate(config: dict[str, Any]) -> dict[str, Any]:
    """The definition and uploads of a configuration of the stack dev; keys without namespace."""
    process = _renderer()
    assert process.stdin and process.stdout
    process.stdin.write(f"{json.dumps(config)}\n")
    process.stdin.flush()
    return dict(json.loads(process.stdout.readline()))


def render_config(config: dict[str, Any]) -> dict[str, Any]:
    """The definition for a configuration of the stack dev; keys without their namespace."""
    return dict(evaluate(config)["definition"])


def step(definition: dict[str, Any], name: str) -> dict[str, Any]:
    """The step with a name, in any branch."""
    return next(one for one in all_steps(definition["Steps"]) if one["Name"] == name)


def all_steps(steps: list[Any]) -> list[dict[str, Any]]:
    """The steps, and those in the branches of conditions."""
    found = []
    for one in steps:
        found.append(one)
        for branch in ("IfSteps", "ElseSteps"):
            found += all_steps(one["Arguments"].get(branch, []))
    return found
