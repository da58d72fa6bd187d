"""Reads a .flow file: the graph of nodes, checked as a whole before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local.standins.data_wrangler.operators import OPERATOR_IDS, build_transform
from local.standins.data_wrangler.operators.transform import Transform
from local.standins.data_wrangler.parameters import Parameters

_SOURCES = ("sagemaker.athena_source_0.1", "sagemaker.s3_source_0.1")


@dataclass(frozen=True)
class Node:
    """A node of the flow.

    Attributes:
        node_id: Names it.
        operator: Its operator's id.
        dataset: The name of the dataset that a source reads.
        transform: What a transform does to its input.
        input_id: The node whose output that is.
    """

    node_id: str
    operator: str
    dataset: str | None = None
    transform: Transform | None = None
    input_id: str | None = None


def check(flow: object) -> list[str]:
    """Every problem of a flow; none if it can run.

    Args:
        flow: The content of the .flow file.
    """
    return parse(flow)[1]


def parse(flow: object) -> tuple[dict[str, Node], list[str]]:
    """Reads a flow.

    Args:
        flow: The content of the .flow file.

    Returns:
        The nodes by id, and the problems, each naming the node, its operator and the field.
    """
    if not isinstance(flow, dict) or not isinstance(flow.get("nodes"), list) or not flow["nodes"]:
        return {}, ["flow: must be an object with a list of nodes"]
    problems: list[str] = []
    version = (flow.get("metadata") or {}).get("version", 1)
    if version != 1:
        problems.append(f"flow: metadata.version: {version} is not supported; allowed is 1")
    nodes: dict[str, Node] = {}
    for place, fields in enumerate(flow["nodes"]):
        node_id = fields.get("node_id") if isinstance(fields, dict) else None
        if not isinstance(node_id, str) or not node_id:
            problems.append(f"flow: nodes[{place}].node_id: missing")
        elif node_id in nodes:
            problems.append(f"node {node_id}: node_id: used by two nodes")
        else:
            nodes[node_id] = _parse_node(fields, node_id, problems)
    for node in nodes.values():
        if node.input_id is not None and node.input_id not in nodes:
            problems.append(f"{_title(node)}: inputs: there is no node {node.input_id}")
        elif _is_in_cycle(node, nodes):
            problems.append(f"{_title(node)}: inputs: the node depends on itself")
    return nodes, problems


def chain(nodes: dict[str, Node], node_id: str) -> list[Node]:
    """The nodes that lead to a node, from the source on."""
    path = [nodes[node_id]]
    while path[-1].input_id is not None:
        path.append(nodes[path[-1].input_id])
    return path[::-1]


def _parse_node(fields: dict[str, Any], node_id: str, problems: list[str]) -> Node:
    operator = str(fields.get("operator"))
    found: list[str] = []
    outputs = [item.get("name") for item in _objects(fields.get("outputs"))]
    if outputs != ["default"]:
        found.append("outputs: must be the one output default")
    kind = fields.get("type")
    if kind == "SOURCE":
        node = _parse_source(fields, node_id, operator, found)
    elif kind == "TRANSFORM":
        node = _parse_transform(fields, node_id, operator, found)
    else:
        found.append(f"type: {kind} is not supported; allowed are SOURCE, TRANSFORM")
        node = Node(node_id, operator)
    problems += [f"{_title(node)}: {problem}" for problem in found]
    return node


def _parse_source(fields: dict[str, Any], node_id: str, operator: str, found: list[str]) -> Node:
    if operator not in _SOURCES:
        found.append(f"operator: {operator} is not supported; allowed are {', '.join(_SOURCES)}")
    if fields.get("inputs"):
        found.append("inputs: a source has none")
    definition = (fields.get("parameters") or {}).get("dataset_definition") or {}
    name = definition.get("name")
    if not isinstance(name, str) or not name or "/" in name or name.startswith("."):
        found.append("parameters.dataset_definition.name: must be the dataset's name")
        name = None
    return Node(node_id, operator, dataset=name)


def _parse_transform(fields: dict[str, Any], node_id: str, operator: str, found: list[str]) -> Node:
    transform = None
    if operator in OPERATOR_IDS:
        parameters = Parameters(fields.get("parameters"), "parameters", found)
        trained = Parameters(fields.get("trained_parameters"), "trained_parameters", found)
        transform = build_transform(operator, parameters, trained)
    else:
        found.append(
            f"operator: {operator} is not supported; allowed are {', '.join(OPERATOR_IDS)}"
        )
    inputs = _objects(fields.get("inputs"))
    input_id = None
    if len(inputs) != 1:
        found.append(f"inputs: there are {len(inputs)}; a transform has one")
    elif inputs[0].get("output_name", "default") != "default":
        found.append(f"inputs: output_name: {inputs[0]['output_name']}; allowed is default")
    else:
        input_id = str(inputs[0].get("node_id"))
    return Node(node_id, operator, transform=transform, input_id=input_id)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_in_cycle(node: Node, nodes: dict[str, Node]) -> bool:
    seen: set[str] = set()
    current: Node | None = node
    while current is not None and current.input_id is not None and current.node_id not in seen:
        seen.add(current.node_id)
        current = nodes.get(current.input_id)
    return current is node and bool(seen)


def _title(node: Node) -> str:
    return f"node {node.node_id} ({node.operator})"
