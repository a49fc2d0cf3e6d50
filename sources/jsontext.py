"""JSON of outlets → values whose strings are all valid text."""

from __future__ import annotations

import json
import re
from typing import Any

_MAY_BE_LONE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def read_json(text: str) -> Any:
    r"""The value of a JSON document, control characters in strings allowed, lone surrogates (\ud83d) dropped.

    Raises ValueError for what is no JSON, RecursionError for what nests too deep.
    """
    return _valid(json.loads(text, strict=False), text)


def read_json_at(text: str, start: int) -> Any:
    """The same for the value that begins at `start`; what follows it is not looked at."""
    value, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    return _valid(value, text, start, end)


def _valid(value: Any, text: str, start: int = 0, end: int | None = None) -> Any:
    """`value` as it is, unless its text has escapes of surrogates: a pair is a character, half of one is nothing."""
    if not _MAY_BE_LONE.search(text, start, len(text) if end is None else end):
        return value
    whole = json.dumps(value, ensure_ascii=False).encode("utf-8", "ignore").decode()
    return json.loads(whole, strict=False)
