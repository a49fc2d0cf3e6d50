"""What a reader trips over reaches the flows as an error they know, and its words keep no secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NoReturn

import pytest

from sources.article import ArticleRef, Page
from sources.errors import Blocked, Broken, FetchError, NotAnArticle
from sources.feeds import read_feed
from sources.guard import typed_errors
from sources.outlets.feed import Feed
from sources.outlets.files import read_file
from sources.outlets.kr36 import Kr36
from sources.outlets.pages import read_page

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=8)))
PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
SECRET = "s3cr3tvalue"
URL = f"https://36kr.com/p/3900000000000001?access_token={SECRET}"
REF = ArticleRef(source="36kr", article_id="36kr:3900000000000001", url=URL)


@pytest.mark.parametrize("error", [TypeError, AttributeError, KeyError, ValueError, AssertionError, RecursionError])
def test_an_error_of_the_input_is_broken_with_its_type(error: type[Exception]) -> None:
    with pytest.raises(Broken, match=rf"the page: cannot be read \({error.__name__}\)") as caught:  # noqa: SIM117
        with typed_errors("the page", URL):
            raise error(f"words about {SECRET}")
    assert SECRET not in str(caught.value) + caught.value.url


def test_typed_errors_and_interrupts_pass() -> None:
    for error in (NotAnArticle("x"), MemoryError(), KeyboardInterrupt()):
        with pytest.raises(type(error)):  # noqa: SIM117
            with typed_errors("the page"):
                raise error


@pytest.mark.parametrize("error", [TypeError, AttributeError, KeyError])
def test_no_reader_lets_another_error_out(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(*_: object, **__: object) -> NoReturn:
        raise error("a slip of ours")

    for place in (
        "sources.outlets.pages.raise_if_refused",
        "sources.reading.raise_if_refused",
        "sources.feeds._xml_feed",
    ):
        monkeypatch.setattr(place, trip)
    monkeypatch.setattr("sources.outlets.kr36_lists._hot", trip)
    html = Page(url=URL, body=b"<html><body><p>x", fetched_at=NOW)
    feed = Page(url=URL, body=b"<rss><channel><item></item></channel></rss>", fetched_at=NOW)
    hot = Page(url=URL, body=b'{"data":[{"url":"x"}]}', fetched_at=NOW)
    calls: list[Callable[[], object]] = [
        lambda: read_file("a.html", html.body, taken_at=NOW),
        lambda: read_file("a.xml", feed.body, taken_at=NOW),
        lambda: read_page(html),
        lambda: read_feed(feed, source="s", outlet=""),
        lambda: Feed(id="f", url=URL).discover(feed),
        lambda: Feed(id="f", url=URL).parse(html, REF),
        lambda: Kr36().discover(feed),
        lambda: Kr36().discover(hot),
        lambda: Kr36().parse(html, REF),
    ]
    for call in calls:
        with pytest.raises(Broken, match=error.__name__) as caught:
            call()
        assert SECRET not in str(caught.value) + caught.value.url


@pytest.mark.parametrize("name", [path.stem for path in sorted(PAGES.glob("refused_*.html"))])
def test_no_message_names_a_token(name: str) -> None:
    body = (PAGES / f"{name}.html").read_bytes()
    for host in ("36kr.com/p/3900000000000001", "mp.weixin.qq.com/s", "news.qq.com/rain/a/20201130A0G1JJ00", "a.cn/1"):
        page = Page(url=f"https://{host}?access_token={SECRET}", body=body, fetched_at=NOW)
        for read in (read_page, lambda one: Kr36().parse(one, REF), lambda one: read_feed(one, source="s", outlet="")):
            with pytest.raises(FetchError) as caught:
                read(page)
            assert SECRET not in str(caught.value) + caught.value.url


def test_a_shared_articles_address_is_named_without_its_keys() -> None:
    html = (
        (PAGES / "refused_wechat_share.html")
        .read_text(encoding="utf-8")
        .replace("mid=1", f"mid=1&amp;pass_ticket={SECRET}")
    )
    assert SECRET in html
    with pytest.raises(NotAnArticle, match="pass_ticket=…") as caught:
        read_file("a.html", html.encode(), taken_at=NOW)
    assert SECRET not in str(caught.value)


def test_the_challenge_of_36kr_names_the_page() -> None:
    body = (PAGES / "refused_kr36_captcha.html").read_bytes()
    with pytest.raises(Blocked, match=r"36kr\.com/p/3900000000000001\?access_token=…"):
        Kr36().parse(Page(url=URL, body=body, fetched_at=NOW), REF)
