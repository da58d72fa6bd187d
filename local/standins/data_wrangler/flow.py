"""Reads a .flow file, and checks the nodes that lead to the requested outputs.

The editor's flows have other nodes too (charts, reports, destinations, other branches), which are
ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.standins.data_wrangler.arguments import Arguments
from local.standins.data_wrangler.frame import Frame, identity
from local.standins.data_wrangler.operators import OPERATOR_IDS, build_transform
from local.standins.data_wrangler.operators.custom import CODE_IDS, read_code
from local.standins.data_wrangler.operators.joining import JOINS
from local.standins.data_wrangler.parameters import Parameters
from local.standins.data_wrangler.source import Dataset, parse_dataset
from local.standins.data_wrangler.spark_process import CustomCode

_SOURCES = ("sagemaker.athena_source_0.1", "sagemaker.s3_source_0.1")


@dataclass(frozen=True)
class Node:
    """A node of the flow, whose work is a source's dataset, a transform, a join or custom code."""

    node_id: str
    operator: str
    work: Dataset | CustomCode | Callable[..., Frame] = identity
    input_ids: tuple[str, ...] = ()

    @property
    def is_join(self) -> bool:
        """Whether its work takes two tables."""
        return self.operator in JOINS

    @property
    def title(self) -> str:
        """The node's name in messages."""
        return f"node {self.node_id} ({self.operator})"


class Flow:
    """The nodes of a flow, which are parsed on demand."""

    def __init__(self, content: object, refit: bool = False, trust_code: bool = False) -> None:
        self._structure: list[str] = []
        self._found: dict[str, list[str]] = {}
        self._fields: dict[str, dict[str, Any]] = {}
        self._nodes: dict[str, Node] = {}
        self._refit = refit
        self._trust_code = trust_code
        if not isinstance(content, dict) or not _objects(content.get("nodes")):
            self._structure.append("flow: must be an object with a list of nodes")
            return
        version = (content.get("metadata") or {}).get("version", 1)
        if version != 1:
            self._structure.append(
                f"flow: metadata.version: {version} is not supported; allowed is 1"
            )
        for place, fields in enumerate(content["nodes"]):
            node_id = fields.get("node_id") if isinstance(fields, dict) else None
            if not isinstance(node_id, str) or not node_id:
                self._structure.append(f"flow: nodes[{place}].node_id: missing")
            elif node_id in self._fields:
                self._structure.append(f"node {node_id}: node_id: used by two nodes")
            else:
                self._fields[node_id] = fields

    @property
    def problems(self) -> list[str]:
        """The problems of the flow and of the parsed nodes, in order."""
        titles = {node_id: node.title for node_id, node in self._nodes.items()}
        return self._structure + [
            f"{titles[node_id]}: {problem}"
            for node_id in self._fields
            for problem in self._found.get(node_id, [])
        ]

    @property
    def node_ids(self) -> list[str]:
        """All nodes, in the order of the file."""
        return list(self._fields)

    @property
    def ignored(self) -> list[str]:
        """Titles of the nodes that lead to no requested output."""
        return [
            Node(node_id, str(fields.get("operator"))).title
            for node_id, fields in self._fields.items()
            if node_id not in self._nodes
        ]

    def chain(self, node_id: str) -> list[Node]:
        """The nodes that lead to a node, each after its inputs; records their problems."""
        found: dict[str, Node] = {}
        # The nodes from the last to the current one, each with its inputs to visit. There may be
        # thousands, too many for recursion: the flow of a wide table has one for each column.
        path = {node_id: iter(self._node(node_id).input_ids)}
        while path:
            current, inputs = next(reversed(path.items()))
            node, input_id = self._node(current), next(inputs, None)
            if input_id is None:
                found[current] = node
                del path[current]
            elif input_id not in self._fields:
                self._note(node, f"inputs: there is no node {input_id}")
            elif input_id in path:
                self._note(node, "inputs: the node depends on itself")
            elif input_id not in found:
                path[input_id] = iter(self._node(input_id).input_ids)
        return list(found.values())

    def _node(self, node_id: str) -> Node:
        if node_id not in self._nodes:
            self._nodes[node_id] = self._parse(self._fields[node_id], node_id)
        return self._nodes[node_id]

    def _note(self, node: Node, problem: str) -> None:
        if problem not in self._found[node.node_id]:
            self._found[node.node_id].append(problem)

    def _parse(self, fields: dict[str, Any], node_id: str) -> Node:
        operator = str(fields.get("operator"))
        found = self._found.setdefault(node_id, [])
        outputs = [item.get("name") for item in _objects(fields.get("outputs"))]
        if outputs != ["default"]:
            found.append("outputs: must be the one output default")
        kind = fields.get("type")
        if kind == "SOURCE":
            return _parse_source(fields, node_id, operator, found)
        if kind == "TRANSFORM":
            return self._parse_transform(fields, node_id, operator, found)
        found.append(f"type: {kind} is not supported; allowed are SOURCE, TRANSFORM")
        return Node(node_id, operator, input_ids=_input_ids(fields))

    def _parse_transform(
        self, fields: dict[str, Any], node_id: str, operator: str, found: list[str]
    ) -> Node:
        work: CustomCode | Callable[..., Frame] | None = None
        parameters = Parameters(fields.get("parameters"), "parameters", found)
        if operator in JOINS:
            work = JOINS[operator](parameters)
        elif operator in CODE_IDS:
            work = read_code(operator, parameters, self._trust_code)
        elif operator in OPERATOR_IDS:
            trained = Parameters(fields.get("trained_parameters"), "trained_parameters", found)
            work = build_transform(operator, parameters, trained, self._refit)
        else:
            found.append(
                f"operator: {operator} is not supported; allowed are "
                f"{', '.join((*OPERATOR_IDS, *JOINS, *CODE_IDS))}"
            )
        inputs, expected = _objects(fields.get("inputs")), 2 if operator in JOINS else 1
        if len(inputs) != expected:
            what = "a join needs two" if operator in JOINS else "a transform needs one"
            found.append(f"inputs: there are {len(inputs)}; {what}")
        for item in inputs:
            if item.get("output_name", "default") != "default":
                found.append(f"inputs: output_name: {item['output_name']}; allowed is default")
        input_ids = _input_ids(fields) if len(inputs) == expected else ()
        return Node(node_id, operator, work or identity, input_ids)


def check(content: object, asked: Arguments | None = None) -> list[str]:
    """Every problem of a flow; none if it can run. Without arguments, all nodes are checked."""
    flow = Flow(content) if asked is None else Flow(content, asked.refit, asked.trust_code)
    if flow.problems or asked is None:
        for node_id in flow.node_ids:
            flow.chain(node_id)
        return [*flow.problems, *(asked.problems if asked else ())]
    return asked_problems(flow, asked)


def asked_problems(flow: Flow, asked: Arguments) -> list[str]:
    """The problems of the requested outputs, and of the nodes that lead to them."""
    problems = list(asked.problems)
    for output in asked.outputs:
        if output.node_id in flow.node_ids:
            flow.chain(output.node_id)
        elif not problems:
            problems.append(
                f"--output-config: {output.node_id}.default: must be a node's id and .default"
            )
    return [*flow.problems, *problems]


def _parse_source(fields: dict[str, Any], node_id: str, operator: str, found: list[str]) -> Node:
    if operator not in _SOURCES:
        found.append(f"operator: {operator} is not supported; allowed are {', '.join(_SOURCES)}")
    if fields.get("inputs"):
        found.append("inputs: a source has none")
    parameters = Parameters(fields.get("parameters"), "parameters", found)
    dataset = parse_dataset(parameters.group("dataset_definition"))
    return Node(node_id, operator, dataset or identity)


def _input_ids(fields: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(item.get("node_id")) for item in _objects(fields.get("inputs")))


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
