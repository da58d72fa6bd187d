"""Compares the generated parts of the service models with botocore's."""

from __future__ import annotations

from tools.service_models import OPERATIONS, api, files


def test_the_files_are_current() -> None:
    for path, content in files().items():
        assert path.read_text("utf-8") == content, "npm run requests"


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in files()) < 192 * 1024


def test_each_operation_has_its_shapes() -> None:
    for service, operations in OPERATIONS.items():
        found = api(service)
        assert list(found["operations"]) == sorted(operations)
        for names in found["operations"].values():
            assert {name for name in names if name is not None} <= found["shapes"].keys()
