"""An S3 bucket's REST API: the image has no AWS SDK.

Requests are signed with the credentials of the job's role, which SageMaker provides like ECS.
Sources: S3's guide, "Authenticating Requests: Using the Authorization Header (AWS Signature
Version 4)"; the SDKs' guide, "Container credential provider".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from typing import Iterator, NamedTuple
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from processing_job import InputError

ATTEMPTS = 5
TIMEOUT_SECONDS = 60
CREDENTIAL_SECONDS = 300
"""Seconds after which credentials are fetched again; they are valid for longer."""

ECS = "http://169.254.170.2"


class Credentials(NamedTuple):
    """Credentials that sign requests."""

    access_key: str
    secret_key: str
    token: str | None


def find_credentials() -> Credentials:
    """The credentials of the job's role, or those in the environment.

    Raises:
        InputError: there are no credentials.
    """
    key = os.environ.get("AWS_ACCESS_KEY_ID")
    if key is not None:
        token = os.environ.get("AWS_SESSION_TOKEN")
        return Credentials(key, os.environ.get("AWS_SECRET_ACCESS_KEY", ""), token)
    path = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    url = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI") if path is None else f"{ECS}{path}"
    if url is None:
        raise InputError("the job has no credentials of a role")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            found = json.load(answer)
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found.get("Token"))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot get the credentials of the job's role: {error}") from error


def sign(
    credentials: Credentials, region: str, method: str, url: str, body: bytes, moment: datetime
) -> dict[str, str]:
    """The headers of a signed request, whose URL has its query sorted and encoded."""
    parts = urlsplit(url)
    date, stamp = moment.strftime("%Y%m%d"), moment.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    if credentials.token is not None:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join([method, parts.path or "/", parts.query, lines, names, digest])
    scope = f"{date}/{region}/s3/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashed])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (date, region, "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signed = f"Credential={credentials.access_key}/{scope}, SignedHeaders={names}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 {signed}, Signature={key.hex()}"
    return headers


def _said(answer: bytes) -> tuple[str, str]:
    """The code and message of S3's error."""
    try:
        document = ElementTree.fromstring(answer)  # noqa: S314 - of S3
    except ElementTree.ParseError:
        return "an error", answer.decode("utf-8", "replace")[:200]
    return document.findtext("Code") or "", document.findtext("Message") or ""


class Bucket:
    """An S3 bucket."""

    def __init__(self, url: str, region: str) -> None:
        """Makes no request.

        Args:
            url: Such as https://bucket.s3.us-east-1.amazonaws.com.
            region: Of the bucket.
        """
        self.url = url.rstrip("/")
        self.region = region
        self._credentials = (0.0, Credentials("", "", None))

    def list(self, prefix: str) -> Iterator[str]:
        """Yields the keys with a prefix, in order."""
        token = ""
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            document = ElementTree.fromstring(self._ask("GET", "", query) or b"<x/>")  # noqa: S314
            namespace = document.tag.partition("}")[0] + "}" if "}" in document.tag else ""
            for found in document.iter(f"{namespace}Key"):
                yield found.text or ""
            token = document.findtext(f"{namespace}NextContinuationToken") or ""
            if not token:
                return

    def read(self, key: str) -> bytes | None:
        """An object's content; None if it does not exist."""
        return self._ask("GET", key, {})

    def write(self, key: str, content: bytes) -> None:
        """Writes an object, encrypted by the bucket's default."""
        self._ask("PUT", key, {}, content)

    def _ask(self, method: str, key: str, query: dict[str, str], body: bytes = b"") -> bytes | None:
        """Sends a request, again if the service is unavailable.

        Raises:
            InputError: the service refuses it.
        """
        path = f"{self.url}/{quote(key)}" if key else f"{self.url}/"
        encoded = "&".join(f"{name}={quote(query[name], safe='')}" for name in sorted(query))
        url = f"{path}?{encoded}" if encoded else path
        for attempt in range(1, ATTEMPTS + 1):
            moment = datetime.now(timezone.utc)
            headers = sign(self._signer(), self.region, method, url, body, moment)
            headers["content-type"] = "application/json"
            request = urllib.request.Request(  # noqa: S310
                url, data=body or None, headers=headers, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                    return bytes(answer.read())
            except urllib.error.HTTPError as error:
                code, message = _said(error.read())
                if error.code == 404 and code == "NoSuchKey":
                    return None
                if error.code < 500 or attempt == ATTEMPTS:
                    what = f"{method} {key or url}"
                    raise InputError(f"S3 answers {what}: {code}: {message}") from error
            except OSError as error:
                if attempt == ATTEMPTS:
                    raise InputError(f"cannot reach S3 at {self.url}: {error}") from error
            time.sleep(2.0 ** (attempt - 2))
        raise AssertionError

    def _signer(self) -> Credentials:
        found, credentials = self._credentials
        if time.monotonic() - found > CREDENTIAL_SECONDS or not credentials.access_key:
            credentials = find_credentials()
            self._credentials = (time.monotonic(), credentials)
        return credentials
