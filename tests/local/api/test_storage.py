"""S3 and STS of the local API, called with boto3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from emulator import emulator

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    work = tmp_path_factory.mktemp("storage") / "work"
    with emulator(work) as running:
        s3 = running.client("s3")
        s3.create_bucket(Bucket="team-bucket")
        yield {"s3": s3, "sts": running.client("sts"), "iam": running.client("iam"), "work": work}


def test_the_caller_is_in_the_stacks_account(clients: dict[str, Any]) -> None:
    sts, iam = clients["sts"], clients["iam"]
    assert sts.get_caller_identity()["Account"] == "111122223333"
    with pytest.raises(ClientError, match=r"InvalidAction.*AssumeRole is not available"):
        sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/x", RoleSessionName="xx")
    with pytest.raises(ClientError, match=r"AccessDenied.*IAM's GetRole is not available"):
        iam.get_role(RoleName="team")


def test_objects_are_stored_read_copied_and_removed(clients: dict[str, Any]) -> None:
    s3, work = clients["s3"], clients["work"]
    put = s3.put_object(Bucket="team-bucket", Key="data/a b+c.csv", Body=b"1,2\n")
    assert (work / "s3" / "team-bucket" / "data" / "a b+c.csv").read_bytes() == b"1,2\n"
    head = s3.head_object(Bucket="team-bucket", Key="data/a b+c.csv")
    assert (head["ContentLength"], head["ETag"]) == (4, put["ETag"])
    part = s3.get_object(Bucket="team-bucket", Key="data/a b+c.csv", Range="bytes=1-2")
    assert part["Body"].read() == b",2"
    s3.copy_object(Bucket="team-bucket", Key="copy", CopySource="team-bucket/data/a b+c.csv")
    assert s3.get_object(Bucket="team-bucket", Key="copy")["Body"].read() == b"1,2\n"
    s3.delete_object(Bucket="team-bucket", Key="data/a b+c.csv")
    s3.delete_objects(Bucket="team-bucket", Delete={"Objects": [{"Key": "copy"}]})
    assert "Contents" not in s3.list_objects_v2(Bucket="team-bucket")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="team-bucket", Key="copy")
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket="no-bucket")


def test_lists_have_pages_and_folders(clients: dict[str, Any]) -> None:
    s3 = clients["s3"]
    keys = ["list/a/1", "list/a/2", "list/b", "list/c/1", "list/d&<e>"]
    for key in keys:
        s3.put_object(Bucket="team-bucket", Key=key, Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="team-bucket", Prefix="list", PaginationConfig={"PageSize": 2}
    )
    found = [[one["Key"] for one in page["Contents"]] for page in pages]
    assert found == [keys[:2], keys[2:4], keys[4:]]
    folders = s3.list_objects_v2(Bucket="team-bucket", Prefix="list/", Delimiter="/")
    assert [one["Prefix"] for one in folders["CommonPrefixes"]] == ["list/a/", "list/c/"]
    assert [one["Key"] for one in folders["Contents"]] == ["list/b", "list/d&<e>"]


def test_large_files_are_transferred_in_parts(clients: dict[str, Any], tmp_path: Path) -> None:
    s3 = clients["s3"]
    content = bytes(range(256)) * (12 * MIB // 256) + b"end"
    (tmp_path / "file").write_bytes(content)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_file(str(tmp_path / "file"), "team-bucket", "large", Config=config)
    s3.download_file("team-bucket", "large", str(tmp_path / "again"), Config=config)
    assert (tmp_path / "again").read_bytes() == content


def test_unsupported_operations_are_refused_by_name(clients: dict[str, Any]) -> None:
    s3 = clients["s3"]
    with pytest.raises(ClientError, match=r"NotImplemented.*GET of a bucket with \?versioning is"):
        s3.get_bucket_versioning(Bucket="team-bucket")
    with pytest.raises(ClientError, match=r"NotImplemented.*PUT of an object with \?tagging"):
        s3.put_object_tagging(Bucket="team-bucket", Key="list/b", Tagging={"TagSet": []})
    with pytest.raises(ClientError, match="is outside its bucket"):
        s3.put_object(Bucket="team-bucket", Key="../other/x", Body=b"")
