"""The processing job.

Outputs are in `<output>/<processing job name>/<node id>/default/`, as in the image. Evidence:
public pipelines, and the notebooks that Data Wrangler exports for a pipeline, read them by a Join
of the output's S3Uri, ProcessingJobName, the node's id and "default".
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from local.standins.data_wrangler.arguments import parse_arguments
from local.standins.data_wrangler.casts import install_macros
from local.standins.data_wrangler.flow import Flow, Node, asked_problems
from local.standins.data_wrangler.frame import Frame, Statistics
from local.standins.data_wrangler.source import Dataset, read_dataset
from local.standins.data_wrangler.spark_process import CustomCode, SparkProcess, spark_process
from local.standins.data_wrangler.writer import write_output
from local.standins.database import Database, explain, open_database
from local.standins.errors import UserError

# Max operators in a query. Queries nest, so learning would take longer with each operator.
_NODES_A_QUERY = 10


def run_flow(base: Path, arguments: list[str], trust_code: bool = False) -> None:
    """Runs the flow in a job's base folder for the outputs that the container's arguments request.

    Raises:
        UserError: Problems with the flow, one per line, or with the data.
    """
    asked = parse_arguments(arguments, trust_code)
    flow = Flow(_only_flow(base / "processing" / "flow"), asked.refit, asked.trust_code)
    if problems := asked_problems(flow, asked):
        raise UserError("\n".join(problems))
    for title in flow.ignored:
        sys.stdout.write(f"{title}: ignored, because it leads to no requested output\n")
    job_name, instances = _read_configuration(base / "config")
    for output in asked.outputs:
        folder = base / "processing" / "output" / job_name / output.node_id / "default"
        with open_database(str(base)) as database:
            database.execute("set timezone = 'UTC'")  # as in the image
            install_macros(database)
            with spark_process(database, base) as spark:
                nodes = flow.chain(output.node_id)
                frame = _compute(database, spark, nodes, base / "processing")
                try:
                    write_output(
                        database, frame, folder, output.content_type, output.node_id, instances
                    )
                except duckdb.Error as error:
                    raise UserError(explain(error)) from None


def _compute(database: Database, spark: SparkProcess, nodes: list[Node], folder: Path) -> Frame:
    statistics = Statistics(database)
    frames: dict[str, Frame] = {}
    stages: list[int] = []
    for number, node in enumerate(nodes):
        inputs = [frames[input_id] for input_id in node.input_ids]
        try:
            if isinstance(node.work, Dataset):
                frame = read_dataset(database, folder, node.work)
            elif isinstance(node.work, CustomCode):
                frame = spark.run(inputs[0], node.work)
            else:
                frame = node.work(*inputs) if node.is_join else node.work(inputs[0], statistics)
            # A query on a join's may return its rows in another order.
            if node.is_join or (number > 0 and number % _NODES_A_QUERY == 0):
                frame = _materialise(database, frame, number)
                later = {one for after in nodes[number + 1 :] for one in after.input_ids}
                while stages and not later & frames.keys():
                    database.execute(f"drop table stage{stages.pop()}")
                stages.append(number)
        except (UserError, duckdb.Error) as error:
            reason = explain(error) if isinstance(error, duckdb.Error) else error
            raise UserError(f"{node.title}: {reason}") from None
        frames[node.node_id] = frame
    return frames[nodes[-1].node_id]


def _materialise(database: Database, frame: Frame, number: int) -> Frame:
    database.execute(f"create temp table stage{number} as {frame.query}")
    return Frame(frame.columns, f"select * from stage{number}")  # noqa: S608 - a number


def _read_configuration(folder: Path) -> tuple[str, int]:
    """The job's name and number of instances, from the file that every processing container has.

    Source: "How Amazon SageMaker Processing Configures Your Processing Container".
    """
    job = json.loads((folder / "processingjobconfig.json").read_text("utf-8"))
    resources = json.loads((folder / "resourceconfig.json").read_text("utf-8"))
    return str(job["ProcessingJobName"]), len(resources["hosts"])


def read_flow(path: Path) -> object:
    """The content of a .flow file.

    Raises:
        UserError: It is not JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise UserError(f"{path.name}: not JSON: {error}") from None


def _only_flow(folder: Path) -> object:
    files = sorted(folder.glob("*.flow"))
    if len(files) != 1:
        raise UserError(f"there must be one .flow file in {folder}, not {len(files)}")
    return read_flow(files[0])
