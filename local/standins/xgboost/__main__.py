"""Replaces the image's entry point: `python -m local.standins.xgboost train|serve`."""

import sys

from local.standins.unused_modules import hide_unused_modules


def _run(command: list[str]) -> int:
    # One at a time, so that a training job does not load the web server.
    if command == ["train"]:
        from local.standins.xgboost import train

        return train.main()
    if command == ["serve"]:
        # XGBoost imports it for a second, for estimators that serving does not use.
        hide_unused_modules("sklearn")
        from local.standins.xgboost import serve

        return serve.main()
    sys.stderr.write("usage: python -m local.standins.xgboost train|serve\n")
    return 2


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
