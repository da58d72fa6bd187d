"""The flows of configurations, checked by the code that runs them, not by their writer."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from rendered import evaluate

from local.standins.data_wrangler.flow import check


def flow_of(config: dict[str, Any]) -> dict[str, Any]:
    uploads = evaluate(config)["uploads"]
    (flow,) = (text for uri, text in uploads.items() if uri.endswith(".flow"))
    return dict(json.loads(flow))


def dataset(**change: Any) -> dict[str, Any]:
    columns = {"price": "double", "rooms": "int", "District": "string", "sold": "timestamp"}
    return {
        "table": "flats",
        "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
        "target": "price",
        "dropped": ["sold"],
        **change,
    }


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"dataset": dataset()},
        {"dataset": dataset(missingValues="drop", categorical=["rooms"])},
        {"dataset": dataset(missingValues="impute", format="parquet")},
    ],
    ids=["default", "strings", "drop", "impute"],
)
def test_the_reader_finds_no_problem(config: dict[str, Any]) -> None:
    flow = flow_of(config)
    assert check(flow) == []
    ids = [node["node_id"] for node in flow["nodes"]]
    assert len(set(ids)) == len(ids)
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(uuid.fullmatch(one) for one in ids)


def selected(parameters: dict[str, Any]) -> list[Any]:
    """The columns anywhere in a node's parameters."""
    keys = ("column_to_drop", "column_to_move", "input_column")
    return [
        one
        for key, value in parameters.items()
        for one in ([value] if key in keys else selected(value) if isinstance(value, dict) else [])
    ]


def test_each_node_has_a_single_column_as_a_string() -> None:
    columns = {"y": "double", "a": "int", "b": "string", "c": "string", "d": "date", "e": "int"}
    change: dict[str, Any] = {
        "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
        "target": "y",
        "dropped": ["d", "e"],
    }
    expected = {
        "drop": [
            *[("Drop column", "d"), ("Drop column", "e")],
            *[("Drop missing", name) for name in ("a", "b", "c")],
        ],
        "impute": [
            *[("Drop column", "d"), ("Drop column", "e")],
            ("Impute", "a"),
        ],
    }
    ends = [("One-hot encode", "b"), ("One-hot encode", "c"), ("Move column", "y")]
    for missing, nodes in expected.items():
        flow = flow_of({"dataset": dataset(**change, missingValues=missing)})
        _, _, *rest = (node["parameters"] for node in flow["nodes"])
        found = [(one["operator"], *selected(one)) for one in rest]
        assert found == nodes + ends


def test_the_reader_finds_a_real_problem() -> None:
    flow = flow_of({})
    flow["nodes"][-1]["parameters"]["move_column_parameters"]["move_type"] = "Move away"
    assert check(flow) != []
