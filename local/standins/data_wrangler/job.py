"""The processing job: flow and datasets in, one output out.

The output lies in `<output>/<processing job name>/<node id>/default/`, where the image's own code
puts it: what a failed attempt has left is under another job's name. Evidence: public pipelines read
it by a Join of the output's S3Uri, ProcessingJobName, the node's id and "default", as the notebooks
do that Data Wrangler exports for a pipeline.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from local.standins.data_wrangler.casts import install_macros
from local.standins.data_wrangler.flow import Node, chain, parse
from local.standins.data_wrangler.frame import Frame
from local.standins.data_wrangler.source import read_dataset
from local.standins.data_wrangler.statistics import Statistics
from local.standins.data_wrangler.writer import CONTENT_TYPES, write_output
from local.standins.database import explain, open_database
from local.standins.errors import UserError

# Each operator's query holds the one before: what operators learn would take longer with each.
_NODES_A_QUERY = 10


def run_flow(base: Path, output_config: str) -> None:
    """Runs the flow for the output that is asked for.

    Args:
        base: The folder that stands for /opt/ml.
        output_config: The value of --output-config.

    Raises:
        UserError: What is wrong with the flow, one problem a line, or with the data.
    """
    nodes, problems = parse(_read_flow(base / "processing" / "flow"))
    node_id, content_type = _parse_output_config(output_config, nodes, problems)
    if problems:
        raise UserError("\n".join(problems))
    job_name, instances = _read_configuration(base / "config")
    output = base / "processing" / "output" / job_name / node_id / "default"
    with open_database(str(base)) as database:
        database.execute("set timezone = 'UTC'")  # as in the image
        install_macros(database)
        source, *transforms = chain(nodes, node_id)
        name = source.dataset or ""
        frame = read_dataset(database, base / "processing" / name, name)
        for number, node in enumerate(transforms, 1):
            try:
                if node.transform is not None:
                    frame = node.transform(frame, Statistics(database))
                if number % _NODES_A_QUERY == 0:
                    frame = _materialise(database, frame)
            except (UserError, duckdb.Error) as error:
                reason = explain(error) if isinstance(error, duckdb.Error) else error
                raise UserError(f"node {node.node_id} ({node.operator}): {reason}") from None
        try:
            write_output(database, frame, output, content_type, node_id, instances)
        except duckdb.Error as error:
            raise UserError(explain(error)) from None


def _materialise(database: duckdb.DuckDBPyConnection, frame: Frame) -> Frame:
    database.execute(f"create temp table next_stage as {frame.query}")
    database.execute("drop table if exists stage")
    database.execute("alter table next_stage rename to stage")
    return Frame(frame.columns, "select * from stage")


def _read_configuration(folder: Path) -> tuple[str, int]:
    """The job's name and the number of its instances, where every processing container finds them.

    Source: "How Amazon SageMaker Processing Configures Your Processing Container".
    """
    job = json.loads((folder / "processingjobconfig.json").read_text("utf-8"))
    resources = json.loads((folder / "resourceconfig.json").read_text("utf-8"))
    return str(job["ProcessingJobName"]), len(resources["hosts"])


def _read_flow(folder: Path) -> object:
    files = sorted(folder.glob("*.flow"))
    if len(files) != 1:
        raise UserError(f"there must be one .flow file in {folder}, not {len(files)}")
    try:
        return json.loads(files[0].read_text("utf-8"))
    except ValueError as error:
        raise UserError(f"{files[0].name}: not JSON: {error}") from None


def _parse_output_config(text: str, nodes: dict[str, Node], problems: list[str]) -> tuple[str, str]:
    try:
        config = json.loads(text)
    except ValueError as error:
        raise UserError(f"--output-config: not JSON: {error}") from None
    if not isinstance(config, dict) or len(config) != 1:
        raise UserError("--output-config: must be an object with one output")
    name, settings = next(iter(config.items()))
    node_id, _, output_name = str(name).rpartition(".")
    if node_id not in nodes or output_name != "default":
        problems.append(f"--output-config: {name}: must be a node's id and .default")
    if not isinstance(settings, dict):
        settings = {}
    for key in settings.keys() - {"content_type"}:
        problems.append(f"--output-config: {name}: {key}: not supported by the local run")
    content_type = str(settings.get("content_type", "CSV")).upper()
    if content_type not in CONTENT_TYPES:
        problems.append(
            f"--output-config: {name}: content_type: {settings['content_type']} is not "
            f"supported; allowed are {', '.join(CONTENT_TYPES)}"
        )
    return node_id, content_type
