"""Replaces the image's entry point: `python -m local.standins.xgboost train|serve`."""

import sys


def _run(command: list[str]) -> int:
    # One at a time, so that a training job does not load the web server.
    if command == ["train"]:
        from local.standins.xgboost import train

        return train.main()
    if command == ["serve"]:
        from local.standins.xgboost import serve

        return serve.main()
    sys.stderr.write("usage: python -m local.standins.xgboost train|serve\n")
    return 2


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
