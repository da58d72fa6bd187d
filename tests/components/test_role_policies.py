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


# What the linter says, of which roles, and why it stays.
ACCEPTED = {
    # Who deploys the bucket sets its policy, and how long it keeps what is in it.
    "RESOURCE_POLICY_PRIVILEGE_ESCALATION": (
        "s3:PutBucketPolicy",
        "s3:PutLifecycleConfiguration",
    ),
    # An alias is changed by a right on the key and one on the alias, under other conditions each;
    # of what Athena tags, only the workgroup is the stack's.
    "RESOURCE_MISMATCH": ("kms:CreateAlias", "athena:ListTagsForResource"),
    # Alarms made of others are described and made under a right on "*" alone.
    # Source: aws/aws-cdk#29171; CloudWatch's guide, "Amazon CloudWatch permissions reference".
    # Rights of processing jobs on network interfaces must not name resources.
    # Source: SageMaker's guide, "How to use SageMaker AI execution roles", on CreateProcessingJob.
    "RESOURCE_STAR": (
        "cloudwatch:DescribeAlarms",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
    ),
    # The linter is older than these names of the keys of a job's volumes and outputs.
    # Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
    # SageMaker".
    "UNKNOWN_CONDITION_FOR_ACTION": ("sagemaker:OutputKmsKeyArn", "sagemaker:VolumeKmsKeyArn"),
}


def is_accepted(finding: str) -> bool:
    """Whether a finding is one of those that stay."""
    issue = finding.partition(":")[0]
    return any(action in finding for action in ACCEPTED.get(issue, ()))


def findings(policy: str) -> list[str]:
    """What the linter finds, a line each."""
    return [
        f"{one.issue}: {one.detail}" for one in parliament.analyze_policy_string(policy).findings
    ]


def test_policies_have_no_findings(policies: dict[str, str]) -> None:
    assert len(policies) == 2 * 15
    found = {
        name: [one for one in findings(policy) if not is_accepted(one)]
        for name, policy in policies.items()
    }
    assert {name: remaining for name, remaining in found.items() if remaining} == {}


def test_what_is_accepted_is_said_of_few(policies: dict[str, str]) -> None:
    said = {name for name, policy in policies.items() if findings(policy)}
    accepted = (
        *("deployer-data-policy", "deployer-operations-policy"),
        *(
            f"permissions-{actor}-policy"
            for actor in ("pipeline", "processing", "evaluation", "serving", "monitoring")
        ),
    )
    assert said == {f"{stack} {name}" for stack in ("kept", "disposable") for name in accepted}


def test_linter_finds_what_is_wrong(policies: dict[str, str]) -> None:
    document = json.loads(policies["kept permissions-scheduler-policy"])
    document["Statement"][0]["Action"] = ["sagemaker:StartPipelines"]
    assert findings(json.dumps(document))
    document["Statement"][0].update(Action=["s3:GetObject"], Resource="arn:aws:s3:::bucket")
    assert findings(json.dumps(document))
