"""The process that runs services, one after another."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "local.standins.services"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'container'}:{tmp_path}"},
        text=True,
    ) as started:
        yield started
        started.kill()


def send(process: subprocess.Popen[str], module: str, *arguments: str) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps({"module": module, "arguments": arguments}) + "\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def test_services_follow_each_other_however_they_end_and_answer_with_what_they_print(
    process: subprocess.Popen[str], tmp_path: Path
) -> None:
    (tmp_path / "ending.py").write_text("import sys\nprint('text')\nsys.exit(int(sys.argv[1]))\n")
    (tmp_path / "failing.py").write_text("import row_splits\nraise ValueError('odd')\n")
    for module, arguments, code in (("ending", "0", 0), ("ending", "3", 3), ("ending", "0", 0)):
        send(process, module, arguments)
        assert answer(process) == {"exitCode": code, "output": "text\n", "trace": ""}
    send(process, "failing")
    failed = answer(process)
    assert failed["exitCode"] == 1
    assert failed["trace"].endswith("ValueError: odd\n")
    send(process, "ending", "0")
    assert answer(process) == {"exitCode": 0, "output": "text\n", "trace": ""}


def test_a_service_ends_with_its_caller_even_while_it_works(
    process: subprocess.Popen[str], tmp_path: Path
) -> None:
    (tmp_path / "endless.py").write_text("import sys, time\nprint('works', file=sys.stderr)\n")
    with (tmp_path / "endless.py").open("a") as module:
        module.write("sys.stderr.flush()\ntime.sleep(3600)\n")
    send(process, "endless")
    assert process.stderr is not None
    assert process.stderr.readline() == "works\n"
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) == 0
