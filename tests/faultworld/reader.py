"""Somebody who reads the published file all the time, in a process of their own.

    python -m faultworld.reader FILE

until its input ends; then one line of JSON: how often it was opened, how many files it saw, and what was wrong.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path

import duckdb

from warehouse.query import connect_published

_PAUSE = 0.04
_AT_LEAST = 50  # pauses after which a file that is not new is opened again
_QUESTION = """
    SELECT count(*), count(v.text), count(DISTINCT a.article_id), (SELECT count(*) FROM stories), (SELECT count(*) FROM alerts)
    FROM articles a LEFT JOIN article_versions v USING (article_id, version)
"""


def main(file: str) -> None:
    opened = files = articles = 0
    wrong: list[str] = []
    held, seen, idle = -1, (0, 0), 0
    while not select.select([sys.stdin], [], [], _PAUSE)[0]:
        try:
            now = Path(file).stat()
            if held >= 0:
                # While it is held, its number is given to no other: it may be replaced, never changed.
                before = os.fstat(held)
                if (before.st_size, before.st_mtime_ns) != seen:
                    wrong.append("a published file was changed in its place")
                    seen = before.st_size, before.st_mtime_ns
            new = held < 0 or now.st_ino != os.fstat(held).st_ino
            idle += 1
            if not new and idle < _AT_LEAST:
                continue
            idle = 0
            if new:
                if held >= 0:
                    os.close(held)
                held = os.open(file, os.O_RDONLY)
                first = os.fstat(held)
                seen = first.st_size, first.st_mtime_ns
                files += 1
            with connect_published(Path(file), {}) as con:
                [(count, texts, distinct, _, _)] = con.sql(_QUESTION).fetchall()
            opened += 1
            if count != texts or count != distinct:
                wrong.append(f"{count} articles, {distinct} different, {texts} with their text")
            if count < articles:
                wrong.append(f"{count} articles where there were {articles}")
            articles = count
        except (OSError, duckdb.Error) as error:
            wrong.append(f"{type(error).__name__}: {error}")
    print(json.dumps({"opened": opened, "files": files, "articles": articles, "wrong": wrong[:20]}))


if __name__ == "__main__":
    main(sys.argv[1])
