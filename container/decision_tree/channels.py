"""The job's configuration files and input channels."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decision_tree.environment import Environment
from decision_tree.errors import PlatformError, UserError
from decision_tree.specification import training_specification


@dataclass(frozen=True)
class Channel:
    """One input channel.

    Attributes:
        name: as in the training job's InputDataConfig.
        folder: of its files.
        content_type: its ContentType without parameters, if any.
    """

    name: str
    folder: Path
    content_type: str | None

    def files(self) -> list[Path]:
        """Return its files, at any depth, sorted by path.

        Empty files are skipped, as are names that begin with a dot or an underscore, which hold no
        rows by the convention of Hive and Spark (`_SUCCESS`, `.part-0.crc`).
        """
        found = []
        for folder, subfolders, names in os.walk(self.folder):
            subfolders[:] = [name for name in subfolders if not name.startswith((".", "_"))]
            files = (Path(folder, name) for name in names if not name.startswith((".", "_")))
            found += [file for file in files if file.is_file() and file.stat().st_size]
        return sorted(found)


def read_config(environment: Environment, name: str) -> dict[str, Any]:
    """Return one of the job's configuration files; empty if it does not exist.

    Raises:
        PlatformError: the file is not a JSON object.
    """
    file = environment.config / f"{name}.json"
    try:
        content = json.loads(file.read_bytes() or b"{}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise PlatformError(f"cannot read {file}: {error}") from error
    if not isinstance(content, dict):
        raise PlatformError(f"{file} must hold a JSON object")
    return content


def check_single_host(resource_config: Mapping[str, Any]) -> None:
    """Check that there is one host: several would train a model each, and overwrite each other's.

    Raises:
        UserError: resourceconfig.json names several hosts.
    """
    hosts = resource_config.get("hosts") or ["algo-1"]
    if len(hosts) > 1:
        raise UserError(
            f"ResourceConfig.InstanceCount is {len(hosts)}; allowed: 1, "
            "because a model is trained on one host"
        )


def find_channels(environment: Environment, data_config: Mapping[str, Any]) -> dict[str, Channel]:
    """Return the job's channels by their names in the specification; `training` becomes `train`.

    A channel exists if inputdataconfig.json names it or it has a folder.

    Raises:
        UserError: an unknown channel, no or two train channels, Pipe mode, or a content type that
            the channel does not support.
    """
    specified = {item["Name"]: item for item in training_specification()["TrainingChannels"]}
    unknown = sorted(data_config.keys() - specified.keys())
    if unknown:
        raise UserError(f"unknown channel {unknown[0]!r}; allowed: {', '.join(specified)}")
    channels = {}
    for name, item in specified.items():
        folder = environment.data / name
        if name in data_config or folder.is_dir():
            content_type = _check_settings(item, data_config.get(name) or {})
            channels[name] = Channel(name, folder, content_type)
    if "training" in channels:
        if "train" in channels:
            raise UserError("channels train and training are both given; allowed: one of them")
        channels["train"] = channels.pop("training")
    if "train" not in channels:
        raise UserError("channel train is missing")
    return channels


def _check_settings(item: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
    """Check a channel's settings against its specification, and return its content type."""
    name = item["Name"]
    mode = settings.get("TrainingInputMode") or "File"
    if mode not in item["SupportedInputModes"]:
        allowed = " or ".join(item["SupportedInputModes"])
        raise UserError(f"channel {name}: TrainingInputMode is {mode}; allowed: {allowed}")
    wrapper = settings.get("RecordWrapperType") or "None"
    if wrapper != "None":
        raise UserError(f"channel {name}: RecordWrapperType is {wrapper}; allowed: None")
    content_type = str(settings.get("ContentType") or "").partition(";")[0].strip().lower()
    if content_type and content_type not in item["SupportedContentTypes"]:
        allowed = " or ".join(item["SupportedContentTypes"])
        raise UserError(f"channel {name}: ContentType is {content_type}; allowed: {allowed}")
    return content_type or None


def read_feature_names(channel: Channel) -> tuple[str, ...]:
    """Return the names in the metadata channel's feature_names.json.

    Raises:
        UserError: the file is missing, or not a JSON list of distinct, non-empty strings.
    """
    file = channel.folder / "feature_names.json"
    try:
        names = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise UserError("channel metadata has no file feature_names.json") from None
    except ValueError as error:
        raise UserError(f"metadata/feature_names.json is not valid JSON: {error}") from None
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise UserError("metadata/feature_names.json must be a JSON list of non-empty strings")
    if len(set(names)) < len(names):
        raise UserError("metadata/feature_names.json contains a name twice")
    return tuple(names)
