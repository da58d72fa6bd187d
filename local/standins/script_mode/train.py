"""A training job in script mode, with the toolkit's environment variables and arguments.

Source: environment.py, mapping.py and params.py of aws/sagemaker-training-toolkit, which the
scikit-learn image uses; the XGBoost image has its predecessor, aws/sagemaker-containers.
"""

# ruff: noqa: ANN401 - hyperparameters are any JSON

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from local.standins.files import read_configuration, run_training
from local.standins.script_mode import launch
from local.standins.script_mode.source import check, started

_OWN_PREFIX = "sagemaker_"
_OWN_NAMES = ("_tuning_objective_metric", "default_user_module_name")
# Those that the toolkit knows; others are parameters of a framework.
_TOOLKIT_NAMES = (
    *(*_OWN_NAMES, "sagemaker_container_log_level", "sagemaker_enable_cloudwatch_metrics"),
    *("sagemaker_job_name", "sagemaker_program", "sagemaker_region", "sagemaker_s3_output"),
    "sagemaker_submit_directory",
)


def _parsed(text: Any) -> Any:
    """A hyperparameter's value, from JSON if it is valid JSON."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def arguments(hyperparameters: dict[str, Any]) -> list[str]:
    """The script's arguments, sorted by name; a single letter has one dash."""

    def text(value: Any) -> str:
        if isinstance(value, dict):
            return ",".join(f"{key}={one}" for key, one in sorted(value.items()))
        return "" if value is None else str(value)

    return [
        part
        for name, value in sorted(hyperparameters.items())
        for part in (f"--{name}" if len(name) > 1 else f"-{name}", text(value))
    ]


def _formatted(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


class Training:
    """A training job's configuration."""

    def __init__(self, base: Path) -> None:
        """Reads the configuration from the folder that replaces /opt/ml."""
        given = {
            name: _parsed(text)
            for name, text in read_configuration(base, "hyperparameters").items()
        }
        own = {
            name: value
            for name, value in given.items()
            if name in _OWN_NAMES or name.startswith(_OWN_PREFIX)
        }
        self.base = base
        self.own = own
        self.hyperparameters = {name: given[name] for name in given.keys() - own.keys()}
        self.program = str(own.get("sagemaker_program", ""))
        self.arguments = arguments(self.hyperparameters)

    def variables(self) -> dict[str, str]:
        """The script's environment variables, in addition to the job's."""
        base, own = self.base, self.own
        resources = read_configuration(base, "resourceconfig")
        channels = read_configuration(base, "inputdataconfig")
        hosts = resources["hosts"]
        groups = resources.get("instance_groups", [])
        group = resources.get("current_group_name", "homogeneousCluster")
        framework = {name: own[name] for name in own if name not in _TOOLKIT_NAMES}
        paths = {name: str(base / "input" / "data" / name) for name in channels}
        common = {
            "current_host": resources["current_host"],
            "current_instance_group": group,
            "current_instance_group_hosts": next(
                (one["hosts"] for one in groups if one["instance_group_name"] == group), []
            ),
            "current_instance_type": resources.get("current_instance_type", "local"),
            "distribution_instance_groups": [],
            "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
            "hosts": hosts,
            "input_config_dir": str(base / "input" / "config"),
            "input_data_config": channels,
            "input_dir": str(base / "input"),
            "instance_groups": [one["instance_group_name"] for one in groups],
            "instance_groups_dict": {one["instance_group_name"]: one for one in groups},
            "is_hetero": len(groups) > 1,
            "log_level": own.get("sagemaker_container_log_level", logging.INFO),
            "model_dir": str(base / "model"),
            "module_dir": str(own.get("sagemaker_submit_directory", base / "code")),
            "module_name": self.program.removesuffix(".py"),
            "network_interface_name": resources.get("network_interface_name", "eth0"),
            "num_cpus": os.cpu_count(),
            "num_gpus": 0,
            "num_neurons": 0,
            "output_data_dir": str(base / "output" / "data"),
            "output_dir": str(base / "output"),
            "output_intermediate_dir": str(base / "output" / "intermediate"),
            "resource_config": resources,
            "user_entry_point": self.program,
        }
        training_env = {
            **common,
            "additional_framework_parameters": framework,
            "channel_input_dirs": paths,
            "distribution_hosts": [] if groups else hosts,
            "hyperparameters": self.hyperparameters,
            "is_master": True,
            "job_name": os.environ.get("TRAINING_JOB_NAME"),
            "master_hostname": hosts[0],
        }
        values = {
            **common,
            "channels": sorted(channels),
            "framework_params": framework,
            "hps": self.hyperparameters,
            "training_env": training_env,
            "user_args": self.arguments,
            **{f"channel_{name}": path for name, path in paths.items()},
            **{f"hp_{name}": value for name, value in self.hyperparameters.items()},
        }
        return {f"SM_{name.upper()}": _formatted(value) for name, value in values.items()}


def _start(base: Path) -> None:
    training = Training(base)
    code = base / "code"
    check(code, training.program)
    variables = training.variables()
    os.environ.update(variables)
    launch.start(
        code, *(started(training.program, variables) or (training.program, training.arguments))
    )


def main() -> int:
    """Runs the job's script; returns the exit code if it cannot."""
    return run_training(_start)
