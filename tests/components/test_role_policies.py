"""The roles' policies, as a linter for IAM sees them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

parliament = pytest.importorskip("parliament", reason="the linter parliament is not installed")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def policies() -> dict[str, str]:
    command = ["node", "--require", "ts-node/register/transpile-only"]
    done = subprocess.run(
        [*command, "tests/support/rolePolicies.ts"], cwd=ROOT, check=True, capture_output=True
    )
    return dict(json.loads(done.stdout))


def findings(policy: str) -> list[str]:
    """What the linter finds, a line each."""
    return [
        f"{one.issue}: {one.detail}" for one in parliament.analyze_policy_string(policy).findings
    ]


def test_policies_have_no_findings(policies: dict[str, str]) -> None:
    assert len(policies) == 6
    assert {name: findings(policy) for name, policy in policies.items() if findings(policy)} == {}


def test_linter_finds_what_is_wrong(policies: dict[str, str]) -> None:
    document = json.loads(policies["permissions-scheduler-policy"])
    document["Statement"][0]["Action"] = ["sagemaker:StartPipelines"]
    assert findings(json.dumps(document))
    document["Statement"][0].update(Action=["s3:GetObject"], Resource="arn:aws:s3:::bucket")
    assert findings(json.dumps(document))
