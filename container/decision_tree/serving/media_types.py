"""The formats of requests and responses."""

from collections.abc import Sequence

from decision_tree.serving.errors import RequestError

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"
NPY = "application/x-npy"
SUPPORTED = (CSV, JSON, JSON_LINES, NPY)


def request_format(content_type: str | None, supported: Sequence[str] = SUPPORTED) -> str:
    """Return the format of the body; parameters such as charset are ignored.

    Raises:
        RequestError: 415, the header is missing or not supported.
    """
    name = (content_type or "").partition(";")[0].strip().lower()
    if name not in supported:
        raise RequestError(
            415,
            "unsupported_content_type",
            f"Content-Type is {name[:100] or 'missing'}; supported: {', '.join(supported)}",
        )
    return name


def response_format(accept: str | None, request: str) -> str:
    """Choose the response's format from the Accept header, by default the request's.

    Of equally acceptable types, the request's own comes first (RFC 9110, 12.5.1).

    Raises:
        RequestError: 406, no supported type is acceptable.
    """
    if not accept or not accept.strip():
        return request
    ranges = [_media_range(item) for item in accept.lower().split(",")]
    candidates = (request, *(name for name in SUPPORTED if name != request))
    best = max(candidates, key=lambda name: _quality(name, ranges))
    if not _quality(best, ranges):
        raise RequestError(
            406, "not_acceptable", f"Accept is not supported; supported: {', '.join(SUPPORTED)}"
        )
    return best


def _media_range(item: str) -> tuple[str, float]:
    """Split an element such as `text/*;q=0.5` into range and quality."""
    name, *parameters = (part.strip() for part in item.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return name, quality


def _quality(name: str, ranges: list[tuple[str, float]]) -> float:
    """Return the quality of the most specific range that includes the type."""
    for pattern in (name, name.partition("/")[0] + "/*", "*/*"):
        qualities = [quality for covered, quality in ranges if covered == pattern]
        if qualities:
            return max(qualities)
    return 0.0
