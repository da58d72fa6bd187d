"""A linter for IAM checks the roles' policies."""

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
    # SNS asks for the right to unsubscribe on the topic, which the linter does not know yet.
    # Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
    # SNS".
    # Of a network, the new resource and the existing ones that it needs have a statement each.
    "RESOURCE_MISMATCH": (
        *("kms:CreateAlias", "athena:ListTagsForResource", "sns:Unsubscribe"),
        *("ec2:CreateSubnet", "ec2:CreateVpcEndpoint", "ec2:AuthorizeSecurityGroupEgress"),
    ),
    # Alarms made of others are described and made under a right on "*" alone.
    # Source: aws/aws-cdk#29171; CloudWatch's guide, "Amazon CloudWatch permissions reference".
    # Rights of processing jobs on network interfaces must not name resources.
    # Source: SageMaker's guide, "How to use SageMaker AI execution roles", on CreateProcessingJob.
    "RESOURCE_STAR": (
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutCompositeAlarm",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
    ),
    # The linter is older than these names of the keys of a job's volumes and outputs, and than the
    # boundary of whoever deletes a role, or changes its trust or description.
    # Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
    # SageMaker", and "... for AWS Identity and Access Management (IAM)".
    "UNKNOWN_CONDITION_FOR_ACTION": (
        "iam:PermissionsBoundary",
        "sagemaker:OutputKmsKeyArn",
        "sagemaker:VolumeKmsKeyArn",
    ),
    # The linter is older than MLflow apps too.
    "UNKNOWN_ACTION": ("MlflowApp",),
}


def is_accepted(finding: str) -> bool:
    """Whether a finding is accepted."""
    issue = finding.partition(":")[0]
    return any(action in finding for action in ACCEPTED.get(issue, ()))


def findings(policy: str) -> list[str]:
    """The linter's findings, one line each."""
    document = json.loads(policy)
    for statement in document["Statement"]:
        conditions = statement.get("Condition", {})
        if any("events:TargetArn" in keys for keys in conditions.values()):
            # The linter has no check of keys that are lists of ARNs, and says so by an error.
            del statement["Condition"]
    policy = json.dumps(document)
    return [
        f"{one.issue}: {one.detail}" for one in parliament.analyze_policy_string(policy).findings
    ]


def test_policies_have_no_findings(policies: dict[str, str]) -> None:
    assert len(policies) == 2 * 18
    found = {
        name: [one for one in findings(policy) if not is_accepted(one)]
        for name, policy in policies.items()
    }
    assert {name: remaining for name, remaining in found.items() if remaining} == {}


def test_accepted_findings_are_in_the_listed_policies(policies: dict[str, str]) -> None:
    said = {name for name, policy in policies.items() if findings(policy)}
    accepted = (
        *("deployer-data-policy", "deployer-models-policy", "deployer-network-policy"),
        "deployer-operations-policy",
        "deployer-tracking-policy",
        *(
            f"permissions-{actor}-policy"
            for actor in (
                *("pipeline", "processing", "evaluation", "serving", "monitoring", "logging"),
                # It makes jobs that look for drift.
                "scheduler",
            )
        ),
    )
    assert said == {f"{stack} {name}" for stack in ("kept", "disposable") for name in accepted}


def test_linter_finds_problems(policies: dict[str, str]) -> None:
    document = json.loads(policies["kept permissions-scheduler-policy"])
    document["Statement"][0]["Action"] = ["sagemaker:StartPipelines"]
    assert findings(json.dumps(document))
    document["Statement"][0].update(Action=["s3:GetObject"], Resource="arn:aws:s3:::bucket")
    assert findings(json.dumps(document))
