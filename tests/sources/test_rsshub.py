"""RSSHub's addresses, its error pages by their own words, its cut titles."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Page
from sources.errors import Blocked, Broken, FetchError, Gone, LayoutChanged, RetryLater
from sources.outlets.rsshub import Rsshub

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=8)))
BASE = "https://hub.example.net"
LONG = "<p>渔港的早晨从充电桩的嘀嘀声开始，船主们蹲在码头上等电充满。</p>" * 12


def hub(**options: Any) -> Rsshub:
    return Rsshub(**{"id": "hub", "route": "/hexi/flash", "base": BASE, **options})


def address(**options: Any) -> str:
    (one,) = hub(**options).lists(NOW)
    return one.url


def answer(body: str, url: str = f"{BASE}/hexi/flash") -> Page:
    return Page(url=url, body=body.encode(), fetched_at=NOW)


def error_page(message: str) -> Page:
    return answer(
        '<html><head><title>Welcome to RSSHub!</title></head><body><h1 class="text-4xl">Looks like something went wrong</h1>'
        '<p class="mb-2">Helpful Information</p><p class="message">Error Message:<br/><code class="details">'
        f'{escape(message)}</code></p><p class="message">Route: <code>/hexi/:x</code></p></body></html>'
    )


def feed(title: str, body: str = LONG) -> Page:
    return answer(
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>河西</title><item><title>{title}</title>'
        f"<link>https://a.example.cn/1</link><description>{escape(body)}</description></item></channel></rss>"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, f"{BASE}/hexi/flash"),
        ({"base": f"{BASE}/hub/"}, f"{BASE}/hub/hexi/flash"),
        ({"route": "hexi/flash"}, f"{BASE}/hexi/flash"),
        ({"route": "/hexi/快讯"}, f"{BASE}/hexi/%E5%BF%AB%E8%AE%AF"),
        ({"route": "/hexi/flash?part=1", "limit": 20}, f"{BASE}/hexi/flash?part=1&limit=20"),
        ({"mode": "fulltext", "format": "json"}, f"{BASE}/hexi/flash?format=json&mode=fulltext"),
        ({"sorted": False, "filter_case_sensitive": False}, f"{BASE}/hexi/flash?sorted=false&filter_case_sensitive=false"),
        ({"filter_time": timedelta(hours=6)}, f"{BASE}/hexi/flash?filter_time=21600"),
        ({"filter": "灯|AI+"}, f"{BASE}/hexi/flash?filter=%E7%81%AF%7CAI%2B"),
        ({"filterout_author": "陆云"}, f"{BASE}/hexi/flash?filterout_author=%E9%99%86%E4%BA%91"),
    ],
)  # fmt: skip
def test_the_address_of_a_route(options: dict[str, Any], expected: str) -> None:
    assert address(**options) == expected


def test_the_key_is_sent_and_is_no_part_of_the_lists_name() -> None:
    (one,) = hub(key="geheim 7", limit=5).lists(NOW)
    assert one.url == f"{BASE}/hexi/flash?limit=5&key=geheim+7"
    assert one.key == f"{BASE}/hexi/flash?limit=5"


def test_the_key_stands_in_no_message() -> None:
    page = Page(url=f"{BASE}/hexi/flash?key=geheim7", body=b"<html><body>hm</body></html>", fetched_at=NOW)
    with pytest.raises(LayoutChanged) as caught:
        hub(key="geheim7").discover(page)
    assert "geheim7" not in f"{caught.value} {caught.value.url}"
    with pytest.raises(FetchError) as caught:
        hub(key="geheim7").discover(error_page("RejectError: Authentication failed. Access denied."))
    assert "geheim7" not in f"{caught.value} {caught.value.url}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"base": "hub.example.net"}, "base: expected an address"),
        ({"base": "https://me:pw@hub.example.net"}, "credentials"),
        ({"route": "https://rsshub.app/36kr/newsflashes"}, "route alone"),
        ({"route": "  "}, "route alone"),
        ({"limit": -1}, "limit"),
        ({"mode": "full"}, "mode: expected fulltext"),
        ({"format": "ums"}, "format: expected rss or atom or json"),
        ({"filter": "灯", "filter_title": "桥"}, "choose one"),
    ],
)
def test_options_that_cannot_be_meant(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        hub(**options)


def test_the_help_of_base_says_why_there_is_no_default() -> None:
    option = Rsshub.spec.options["base"]
    assert option.required and "rsshub.app turns programs away" in option.help


EMPTY = "Error: this route is empty, please check the original site or create an issue"
REFUSALS: dict[str, tuple[type[FetchError], str]] = {
    "NotFoundError: The route does not exist or has been deleted.": (Gone, "does not exist on this instance"),
    "RejectError: Authentication failed. Access denied.": (Blocked, "access key under `key`"),
    "ConfigNotFoundError: tumblr RSS is disabled due to the lack of relevant config": (Broken, "not set up"),
    "InvalidParameterError: Invalid channel": (Broken, "correct `route`"),
    'FetchError: [GET] "https://hexi.example.cn/": 403 Forbidden': (RetryLater, "could not read the outlet"),
    "RequestInProgressError: This path is currently fetching, please come back later!": (RetryLater, "could not read"),
    "TypeError: Cannot read properties of undefined (reading 'map')": (LayoutChanged, "is broken"),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_an_error_page_is_what_it_says(message: str) -> None:
    kind, words = REFUSALS[message]
    with pytest.raises(FetchError) as caught:
        hub().discover(error_page(message))
    assert type(caught.value) is kind
    assert words in str(caught.value) and message in str(caught.value) and "/hexi/flash" in str(caught.value)


def test_an_empty_route_is_an_empty_list_and_so_is_a_feed_that_the_filter_emptied() -> None:
    assert hub().discover(error_page(EMPTY)) == []
    assert hub().discover(answer(json.dumps({"error": {"message": EMPTY}}))) == []
    assert (
        hub().discover(answer('<?xml version="1.0"?><rss version="2.0"><channel><title>河西</title></channel></rss>'))
        == []
    )


def test_an_error_as_json() -> None:
    with pytest.raises(Blocked):
        hub().discover(answer('{"error":{"message":"Authentication failed. Access denied."}}'))


def test_an_article_that_quotes_the_error_page_is_an_article() -> None:
    quoting = "<p>RSSHub 的报错页面写着 Looks like something went wrong，下面是 Error Message。</p>"
    (ref,) = hub().discover(feed("怎样修一条路由", quoting + LONG))
    assert ref.title == "怎样修一条路由"


CUT = "河西小学的菜园今年收了六百斤萝卜孩子们写了四个月的日记"


@pytest.mark.parametrize(
    ("title", "body", "kind"),
    [
        (CUT + "...", LONG, "partial"),  # the page has the whole title
        (CUT + "...", f"<p>{CUT}，比作文还好。</p>{LONG}", "article"),  # a post, whose title is its beginning
        (CUT, LONG, "article"),
        ("他说......", LONG, "article"),  # too short to have been cut
    ],
)
def test_a_cut_title_is_looked_up_on_the_page(title: str, body: str, kind: str) -> None:
    (ref,) = hub().discover(feed(title, body))
    assert ref.article is not None and ref.article.kind == kind


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda text: error_page(text).body),
        st.text('{}[]":errorms,\\u0 ', max_size=100).map(lambda text: ('{"error"' + text).encode()),
    )
)
@settings(max_examples=200, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(body: bytes) -> None:
    try:
        hub().discover(Page(url=BASE, body=body, fetched_at=NOW))
    except FetchError as error:
        assert "\ufffd" not in str(error)


def test_the_key_stands_in_no_message_either_when_the_instance_repeats_it() -> None:
    with pytest.raises(FetchError) as caught:
        hub(key="geheim7").discover(error_page("ConfigNotFoundError: key=geheim7 is wrong"))
    assert "geheim7" not in str(caught.value)
