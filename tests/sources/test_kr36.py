"""36氪 as a source: what it asks for, which options it takes, what it makes of answers that are no list."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.errors import Blocked, FetchError, LayoutChanged
from sources.outlets.kr36 import Kr36

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 0, 30, tzinfo=CHINA)
FIXTURES = Path(__file__).parent.parent / "fixtures"
FEED = "https://www.36kr.com/feed"
HOT = "https://openclaw.36krcdn.com/media/hotlist/2026-11-21/24h_hot_list.json"
GATEWAY = "https://gateway.36kr.com/api/mis"


def page(body: str | bytes, url: str = HOT) -> Page:
    return Page(url=url, body=body.encode() if isinstance(body, str) else body, fetched_at=NOW)


def ref(number: int, kind: str = "p") -> ArticleRef:
    return ArticleRef(
        source="36kr", article_id=f"36kr:{number}", url=f"https://36kr.com/{kind}/{number}", title="列表里的标题"
    )


def test_by_default_it_asks_for_feeds_and_hot_lists_by_the_calendar_of_china() -> None:
    lists = Kr36().lists(NOW.astimezone(UTC))
    assert [(one.url, one.optional, one.post) for one in lists] == [
        (FEED, False, ""),
        ("https://openclaw.36krcdn.com/media/hotlist/2026-11-21/24h_hot_list.json", True, ""),
        ("https://openclaw.36krcdn.com/media/hotlist/2026-11-20/24h_hot_list.json", True, ""),
        ("https://www.36kr.com/feed-newsflash", True, ""),
    ]


def test_options_add_lists_and_take_the_newsflashes_away() -> None:
    source = Kr36(
        newsflashes=False,
        ai=True,
        columns=("AI", "newsflashes"),
        users=("5550002", "https://www.36kr.com/user/5550003/"),
        search=("具身 智能",),
        ranks=("comment",),
        pages=("https://36kr.com/topics/77", "https://36kr.com/information/AI/"),
    )
    lists = source.lists(NOW)[3:]
    assert [(one.key, one.optional) for one in lists] == [
        ("https://openclaw.36krcdn.com/media/aireport/2026-11-21/ai_report_articles.json", True),
        ("https://openclaw.36krcdn.com/media/aireport/2026-11-20/ai_report_articles.json", True),
        ("https://openclaw.36krcdn.com/media/ainotes/2026-11-21/ai_notes.json", True),
        ("https://openclaw.36krcdn.com/media/ainotes/2026-11-20/ai_notes.json", True),
        ("36kr column AI", False),
        ("36kr newsflashes", False),
        ("36kr user 5550002", False),
        ("36kr user 5550003", False),
        ("36kr search 具身 智能", False),
        ("36kr rank comment", False),
        ("https://36kr.com/topics/77", False),
        ("https://36kr.com/information/AI/", False),
    ]
    assert [one.url for one in lists[4:10]] == [
        f"{GATEWAY}/nav/ifm/subNav/flow",
        f"{GATEWAY}/nav/newsflash/flow",
        f"{GATEWAY}/me/article",
        f"{GATEWAY}/me/article",
        f"{GATEWAY}/nav/search/resultbytype",
        f"{GATEWAY}/nav/home/nav/rank/comment",
    ]


def test_what_the_gateway_is_sent_carries_the_moment_and_its_key_does_not() -> None:
    source = Kr36(columns=("AI",), search=("具身",))
    (first, found), (later, _) = source.lists(NOW)[-2:], source.lists(NOW + timedelta(minutes=15))[-2:]
    assert json.loads(first.post) == {
        "partner_id": "web",
        "timestamp": 1795192200000,
        "param": {
            "siteId": 1,
            "platformId": 2,
            "pageSize": 20,
            "pageEvent": 0,
            "pageCallback": "",
            "subnavType": 1,
            "subnavNick": "AI",
        },
    }
    assert json.loads(found.post)["param"] == {
        "siteId": 1,
        "platformId": 2,
        "pageSize": 20,
        "pageEvent": 0,
        "pageCallback": "",
        "searchType": "article",
        "searchWord": "具身",
        "sort": "date",
    }
    assert json.loads(later.post)["timestamp"] == 1795193100000
    assert later.key == first.key and later.post != first.post


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"users": ("林雀生",)}, "users: expected the number in https://36kr.com/user/<number>, not '林雀生'"),
        ({"columns": ("人工智能",)}, "columns: expected short names as in 36kr.com/information/AI, not '人工智能'"),
        ({"ranks": ("video",)}, "ranks: expected some of hot, comment, collect, not 'video'"),
        ({"pages": ("https://36kr.com/p/4077809352704077",)}, "pages: expected list pages such as"),
        ({"pages": ("https://example.com/motif/77",)}, "pages: expected list pages such as"),
        ({"search": (" ",)}, "search: expected words, not ' '"),
    ],
)
def test_an_option_that_names_nothing_is_refused(options: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        Kr36(**options)
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize("url", [FEED, "https://www.36kr.com/feed-newsflash", "https://36kr.com/motif/77"])
@pytest.mark.parametrize("name", ["captcha.html", "shell.html"])
def test_a_list_answered_with_a_challenge_is_blocked(name: str, url: str) -> None:
    body = (FIXTURES / "outlets" / "kr36" / name).read_bytes()
    with pytest.raises(Blocked):
        Kr36().discover(page(body, url))


def test_the_gateway_answered_with_a_challenge_is_blocked() -> None:
    body = (FIXTURES / "outlets" / "kr36" / "captcha.html").read_bytes()
    with pytest.raises(Blocked):
        Kr36().discover(page(body, f"{GATEWAY}/me/article"))


def test_a_feed_that_speaks_of_security_checks_is_no_challenge() -> None:
    body = (FIXTURES / "outlets" / "kr36" / "newsflashes.xml").read_text("utf-8").replace("停牌", "正在进行安全检测")
    assert len(Kr36().discover(page(body, FEED))) == 2


def test_real_newsflash_dates_are_read_to_the_second(shared: Path) -> None:
    body = (shared / "pages" / "36kr" / "FIXTURE_36kr_rss_newsflash_dates.xml").read_bytes()
    (found,) = Kr36().discover(page(body, FEED))
    assert (found.article_id, found.url) == (
        "36kr:3896306415568771",
        "https://36kr.com/newsflashes/3896306415568771",
    )
    assert (found.published_at, found.precision) == (datetime(2026, 7, 15, 11, 5, 44, tzinfo=CHINA), "second")
    assert found.article is not None and found.article.kind == "newsflash"


def test_the_real_list_page_of_2017_is_no_list_of_today(shared: Path) -> None:
    body = (shared / "pages" / "36kr" / "LIST_newsflashes_2017.html").read_bytes()
    with pytest.raises(LayoutChanged):
        Kr36().discover(page(body, "https://36kr.com/newsflashes"))


@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda s: f"<script>window.initialState={{{s}</script><p>{s}".encode()),
    ),
    st.sampled_from([HOT, FEED, "https://36kr.com/motif/77", f"{GATEWAY}/me/article", "https://36kr.com/p/1"]),
)
@settings(max_examples=200, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(body: bytes, url: str) -> None:
    source = Kr36()
    for read in (source.discover, lambda one: source.parse(one, ref(3900000000000001))):
        try:
            read(page(body, url))
        except FetchError:
            continue
