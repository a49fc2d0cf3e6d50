"""JSON of outlets holds escapes of half characters; what leaves the readers can be stored as UTF-8."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.errors import FetchError
from sources.feeds import read_feed
from sources.identity import identify
from sources.jsontext import read_json, read_json_at
from sources.metadata import json_state
from sources.outlets.kr36 import Kr36
from sources.outlets.pages import read_page

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=8)))
LONE = st.integers(0xD7F0, 0xE010).map(chr)  # st.characters() leaves surrogates out
HALVES = st.text(st.one_of(LONE, st.characters(), st.sampled_from("甲aé/&;#")), max_size=12)


def page(body: str, url: str = "https://news.example.cn/feed.json") -> Page:
    return Page(url=url, body=body.encode(), fetched_at=NOW)


def test_half_a_character_is_dropped_and_a_whole_one_kept() -> None:
    text = '{"a": "\\ud83d甲\\ud83d\\ude00", "b\\udc00": ["\\udfff", 1.5, null], "c": "back\\\\ud83d"}'
    expected = {"a": "甲\U0001f600", "b": ["", 1.5, None], "c": "back\\ud83d"}
    assert read_json(text) == expected
    assert read_json_at(f"window.x={text};rest", 9) == expected
    assert json_state(f"window.x = {text};", "window.x") == expected
    with pytest.raises(ValueError, match="Expecting"):
        read_json("{")


def test_a_json_feed_with_half_characters() -> None:
    body = '{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"url":"https://a.example/\\ud83d","title":"甲\\ud83d"}]}'
    (ref,) = read_feed(page(body), source="s", outlet="")
    assert (ref.url, ref.title) == ("https://a.example/", "甲")
    assert ref == ArticleRef.from_json(ref.to_json().encode().decode())


def test_a_character_reference_to_half_a_character_in_xml() -> None:
    title = "甲&#xD83D;乙&#xD83D;&#xDE00;&#55357;&#56832;&#xDE00;&#x4E19;&#20010;&#20010;&#57000;&#55357;&#56001;&#57500;&#NINES;&amp;".replace(
        "NINES", "9" * 5000
    )
    body = (
        f"<rss><channel><item><title>{title}</title><link>https://a.example/&#xD83D;1</link></item></channel><b></rss>"
    )
    (ref,) = read_feed(page(body), source="s", outlet="")
    assert (ref.title, ref.url) == ("甲乙\U0001f600\U0001f600丙个个\ue09c&", "https://a.example/1")


def test_the_authors_of_a_state_are_valid_text() -> None:
    state = {
        "title": "甲公司的一天",
        "content": "<p>甲公司今天说了很长的一段话，讲它怎样走到今天。</p>" * 4,
        "user": {"username": "赵\ud83d六"},
        "publish_time": "2026-11-20 10:00",
    }
    html = f"<html><body><script>window.__INITIAL_STATE__={json.dumps(state)};</script></body></html>"
    article = read_page(page(html, "https://www.huxiu.com/article/4000001.html"))
    assert article.authors == ("赵六",)


@given(
    st.one_of(
        st.text(),
        HALVES,
        HALVES.map(lambda s: f"https://a.example/{s}"),
        HALVES.map(lambda s: f"h{s}ttps://36kr.com/p/1"),
    )
)
def test_every_identity_is_valid_text_and_its_own_canonical_form(url: str) -> None:
    identity = identify(url)
    f"{identity.article_id} {identity.url}".encode()
    assert identify(identity.url) == identity


@given(HALVES, HALVES, HALVES, HALVES)
@settings(deadline=None, max_examples=80)
def test_every_ref_can_be_stored(path: str, title: str, author: str, text: str) -> None:
    item = {
        "url": f"https://a.example/{path}",
        "title": title,
        "authors": [{"name": author}],
        "content_html": f"<p>{text}</p>",
        "summary": text,
    }
    row = {"url": f"https://36kr.com/p/3900000000000001?{path}", "title": title, "author": author, "content": text}
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": title, "items": [item]})
    for read, body in (
        (lambda one: read_feed(one, source="s", outlet=""), feed),
        (Kr36().discover, json.dumps({"data": [row]})),
    ):
        try:
            refs = read(page(body))
        except FetchError:
            continue
        for ref in refs:
            ref.to_json().encode()
