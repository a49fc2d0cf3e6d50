"""The rim of the readers: whatever trips over strange input leaves them as an error that the flows know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sources.address import redact
from sources.errors import Broken, FetchError

# What strange input brings about (the parser under feedparser asserts); a MemoryError or an interrupt is no matter of the input.
_BY_INPUT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, AssertionError)


@contextmanager
def typed_errors(what: str, url: str = "") -> Iterator[None]:
    """FetchErrors pass; other errors of the input become Broken, with `what` was read and the error's type.

    Its words stay out of the message, for they quote the input.
    """
    try:
        yield
    except FetchError:
        raise
    except _BY_INPUT as error:
        message = f"{what}: cannot be read ({type(error).__name__}); please report it with the page"
        raise Broken(message, url=redact(url)) from error
