"""Objects in S3, by their URIs, for images that have boto3."""

from __future__ import annotations

from typing import Any


class MissingObjectError(Exception):
    """An object does not exist."""


def place(uri: str) -> tuple[str, str]:
    """The bucket and the key of a URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


class Objects:
    """The objects that a client of S3 has access to."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 has no types
        self.client = client

    def open(self, uri: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """The stream of an object's content.

        Raises:
            MissingObjectError: it does not exist.
        """
        bucket, key = place(uri)
        try:
            return self.client.get_object(Bucket=bucket, Key=key)["Body"]
        except self.client.exceptions.NoSuchKey:
            raise MissingObjectError(f"there is no object {uri}") from None

    def read(self, uri: str) -> bytes:
        """The content of an object.

        Raises:
            MissingObjectError: it does not exist.
        """
        return bytes(self.open(uri).read())

    def write(self, uri: str, content: bytes) -> None:
        """Writes an object, encrypted by the bucket's default."""
        bucket, key = place(uri)
        self.client.put_object(Bucket=bucket, Key=key, Body=content)

    def below(self, folder: str) -> list[str]:
        """The URIs of the objects in a folder, in the order of their keys."""
        bucket, prefix = place(folder.rstrip("/") + "/")
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [f"s3://{bucket}/{one['Key']}" for page in pages for one in page.get("Contents", [])]
