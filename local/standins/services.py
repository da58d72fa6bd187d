"""Runs services one after another, with the libraries of the earlier ones in memory.

`python -m local.standins.services` reads requests from standard input and answers each on standard
output, as JSON objects, one per line:

    {"module", "arguments"}
    {"exitCode", "output", "trace"}

`output` is what the module printed, and `trace` that of an error other than a user's mistake. It
ends as soon as standard input closes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import runpy
import sys
import threading
import traceback
from pathlib import Path
from typing import Any


def _read(requests: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)


def _run(module: str, arguments: list[str]) -> dict[str, Any]:
    sys.argv = [module, *arguments]
    code: str | int | None = 0
    trace = ""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            code = ended.code
        except Exception:  # the caller reports it
            code, trace = 1, traceback.format_exc()
    return {"exitCode": code or 0, "output": output.getvalue(), "trace": trace}


def main() -> None:
    """Answers requests on this process's standard input and output."""
    # Scripts of jobs, which services share.
    sys.path.append(str(Path(__file__).resolve().parents[2] / "pipeline" / "scripts"))
    # A job must not write beside its sources, but the next process is glad of compiled services.
    sys.dont_write_bytecode = False
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is not an answer
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    while True:
        request = requests.get()
        print(json.dumps(_run(**request)), file=answers, flush=True)


if __name__ == "__main__":
    main()
