"""The other end of warehouse/scanners.py: a process that scans what comes in and sends back the mentions.

In: the lexicon, then lists of articles; out: for each list a list of their mentions; all pickled. It ends with its input.
"""

from __future__ import annotations

import os
import pickle
import sys

from warehouse.scan import scan


def main() -> None:
    """Serve until the input ends, as it does when whoever started this process is gone."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand between the answers
    try:
        lexicon = pickle.load(source)
        while True:
            articles = pickle.load(source)
            pickle.dump([scan(lexicon, article).mentions for article in articles], sink, pickle.HIGHEST_PROTOCOL)
            sink.flush()
    except (EOFError, BrokenPipeError):
        os._exit(0)  # nothing is left to be written, and tidying up takes longer than the work
