"""Holds the table of the API's shapes against the service's model."""

from __future__ import annotations

import json

from tools.apiShapes import OPERATIONS, TARGET, text


def test_the_table_is_current() -> None:
    assert TARGET.read_text("utf-8") == text(), "node tools/python.mjs tools/apiShapes.py"


def test_each_operation_has_its_shapes() -> None:
    for service, parts in json.loads(text()).items():
        assert sorted(parts["operations"]) == sorted(OPERATIONS[service])
        for request, answer in parts["operations"].values():
            assert request in parts["requests"]
            assert answer is None or answer in parts["answers"]
