"""腾讯新闻: what the lists say, what options are refused, which pages are none; the pages themselves are fixtures."""

from __future__ import annotations

import csv
import json
import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.document import Document
from sources.errors import Blocked, Broken, FetchError, Gone, LayoutChanged, NotAnArticle, RetryLater
from sources.outlets import qq
from sources.outlets.files import read_file
from sources.outlets.pages import read_page
from sources.outlets.qianwang import Qianwang
from sources.source import ListAddress

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
LIST = "https://i.news.qq.com/getSubNewsMixedList?guestSuid=8QMAbCdEf12aBcD%3D&tabId=om_index"
PAGE = "https://news.qq.com/rain/a/20261119A0QW0100"


KEYS = [
    "ret",
    "newslist",
    "data",
    "tabs",
    "articleList",
    "id",
    "title",
    "articletype",
    "time",
    "sub_item",
    "media_info",
]
PIECES = [
    *(b'<div id="Cnt-Main-Article-QQ">', b'<div class="content-article">', b"</div>", b"<!--", b"gtimg.com", b"cms_id"),
    *(b"window.DATA = {", b"window.initData={", b'"title":"x",', b'"originContent":', b'{"text":"<p>y</p>"}', b"}"),
    *(b"<script>", b"</script>", b"ARTICLE_INFO = {pubtime:'", b"<h1>\xff</h1>", b"a_time'>"),
]


def source(**options: object) -> Qianwang:
    return Qianwang(**{"author": "8QMAbCdEf12aBcD=", **options})  # type: ignore[arg-type]


def answer(value: object, url: str = LIST) -> Page:
    return Page(url=url, body=json.dumps(value, ensure_ascii=False).encode(), fetched_at=NOW)


def page(body: str | bytes, url: str = PAGE) -> Page:
    return Page(url=url, body=body.encode() if isinstance(body, str) else body, fetched_at=NOW, final_url=url)


def ref(url: str = PAGE) -> ArticleRef:
    return ArticleRef(source="qianwang", article_id=f"qq:{url[-16:]}", url=url, title="列表里的标题")


def row(**fields: object) -> dict[str, object]:
    return {"id": "20261119A0QW0100", "title": "一篇", "articletype": "0", **fields}


class TestOptions:
    def test_without_anything_to_read_the_error_says_where_the_suid_is_found(self) -> None:
        with pytest.raises(
            ValueError, match=r"author is missing: .*last part of the author page's address .*omn/author"
        ):
            Qianwang()

    @pytest.mark.parametrize("author", ["5933889", "潜望", "8QMZ3XxU64wZuTw= x", "https://news.qq.com/ch/tech"])
    def test_what_is_no_suid_is_refused(self, author: str) -> None:
        with pytest.raises(ValueError, match="author: expected a suid such as"):
            Qianwang(author=author)

    @pytest.mark.parametrize(
        "author", ["8QMAbCdEf12aBcD=", "8QMAbCdEf12aBcD%3D", "https://news.qq.com/omn/author/8QMAbCdEf12aBcD%3D/"]
    )
    def test_the_suid_is_taken_as_it_is_copied_and_encoded_in_the_address(self, author: str) -> None:
        assert [one.url for one in Qianwang(author=author).lists(NOW)] == [LIST]

    def test_a_suid_with_a_slash_and_a_plus_is_encoded_too(self) -> None:
        (one,) = Qianwang(author="8QM+a/bCdE=").lists(NOW)
        assert "guestSuid=8QM%2Ba%2FbCdE%3D&" in one.url

    def test_a_channel_is_posted_without_made_up_device_ids_and_known_by_its_name(self) -> None:
        (one,) = Qianwang(channel="tech").lists(NOW)
        assert (one.url, one.key) == (
            "https://i.news.qq.com/web_feed/getPCList",
            "https://i.news.qq.com/web_feed/getPCList news_news_tech",
        )
        asked = json.loads(one.post)
        assert (asked["channel_id"], asked["qimei36"], asked["device_id"]) == ("news_news_tech", "", "")


class TestLists:
    def test_only_rows_in_words_are_articles(self) -> None:
        kinds = ["0", "4", "118", "123", "", "525", "560"]
        rows = [row(id=f"2026111{n}A0QW0100", articletype=kind) for n, kind in enumerate(kinds)]
        refs = source().discover(answer({"ret": 0, "newslist": rows}))
        assert [one.article_id for one in refs] == ["qq:20261110A0QW0100"]

    def test_a_type_may_be_a_number_or_left_out(self) -> None:
        rows = [
            row(articletype=0),
            {"id": "20261118A0QW0100", "title": "二"},
            row(id="20261117A0QW0100", articletype=4),
        ]
        refs = source().discover(answer({"ret": 0, "newslist": rows}))
        assert [one.article_id for one in refs] == ["qq:20261119A0QW0100", "qq:20261118A0QW0100"]

    def test_a_row_is_told_once(self) -> None:
        refs = source().discover(answer({"ret": 0, "newslist": [row(title="先"), row(title="后")]}))
        assert [one.title for one in refs] == ["先"]

    def test_without_a_time_the_day_of_the_id_is_known(self) -> None:
        (one,) = source().discover(answer({"ret": 0, "newslist": [row()]}))
        assert (one.published_at, one.precision) == (datetime(2026, 11, 19, tzinfo=CHINA), "day")

    @pytest.mark.parametrize(
        ("shown", "kept"),
        [
            ({"title": "潜望|甲"}, True),
            ({"title": "潜望｜甲"}, True),
            ({"title": "《潜望》甲"}, True),
            ({"title": "「潜望」甲"}, True),
            ({"title": "甲", "chlname": "腾讯新闻《潜望》"}, True),
            ({"title": "甲", "source": "潜望"}, True),
            ({"title": "潜望镜是谁发明的"}, False),
            ({"title": "棱镜|潜望"}, False),
            ({"title": "甲", "source": "棱镜"}, False),
        ],
    )
    def test_a_column_is_told_by_account_or_before_the_title(self, shown: dict[str, str], kept: bool) -> None:
        found = answer({"ret": 0, "newslist": [row(**shown)]})
        assert bool(source(column="潜望").discover(found)) is kept
        assert source().discover(found)

    def test_the_next_part_follows_offset_info_until_the_last(self) -> None:
        told = {"ret": 0, "newslist": [row()], "hasNext": 1, "offsetInfo": "a b/="}
        following = source().older(answer(told), ListAddress(LIST))
        assert following is not None
        assert following.url == f"{LIST}&caller=1&from_scene=103&offset_info=a%20b%2F%3D"
        assert source().older(answer(told, following.url), following) is None  # the same part again
        assert source().older(answer({**told, "hasNext": 0}), ListAddress(LIST)) is None
        assert source().older(answer({**told, "offsetInfo": ""}), ListAddress(LIST)) is None

    def test_a_tag_has_one_part(self) -> None:
        address = Qianwang(tag="x=").lists(NOW)[0]
        assert Qianwang(tag="x=").older(answer({"ret": 0, "offsetInfo": "y", "hasNext": 1}), address) is None

    @pytest.mark.parametrize(
        ("told", "error"),
        [
            ({"ret": 404, "msg": "参数错误"}, Broken),
            ({"code": 99998, "desc": "系统繁忙"}, RetryLater),
            ({"ret": 0}, LayoutChanged),
            ({"ret": 0, "newslist": [{"name": "甲"}]}, LayoutChanged),
            ([], LayoutChanged),
        ],
    )
    def test_an_answer_that_is_no_list_is_told_by_what_to_do(self, told: object, error: type[FetchError]) -> None:
        with pytest.raises(error):
            source().discover(answer(told))

    def test_a_refused_question_names_the_key_to_look_at(self) -> None:
        with pytest.raises(Broken, match=r"404 参数错误.*check `author`"):
            source().discover(answer({"ret": 404, "msg": "参数错误"}))

    def test_an_honestly_empty_list_is_empty(self) -> None:
        assert source().discover(answer({"ret": 0, "newslist": []})) == []

    def test_a_challenge_instead_of_a_list_is_blocked(self) -> None:
        shell = b"<html><script src='https://captcha.gtimg.com/TCaptcha.js'></script><body></body></html>"
        with pytest.raises(Blocked):
            source().discover(Page(url=LIST, body=shell, fetched_at=NOW))

    @given(st.binary(max_size=300) | st.from_regex(rb'\{"(ret|newslist|data)":.{0,60}\}', fullmatch=True))
    def test_no_bytes_bring_anything_but_a_fetch_error(self, body: bytes) -> None:
        for step in (lambda p: source().discover(p), lambda p: source().older(p, ListAddress(LIST))):
            with suppress(FetchError):
                step(Page(url=LIST, body=body, fetched_at=NOW))

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(KEYS),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    def test_no_json_brings_anything_but_a_fetch_error(self, told: object) -> None:
        with suppress(FetchError):
            source().discover(answer(told))


class TestPages:
    @pytest.mark.parametrize(
        "address",
        [
            "https://news.qq.com/rain/a/20261119A0QW0100",
            "https://new.qq.com/rain/a/20261119A0QW0100",
            "https://new.qq.com/omn/20261119/20261119A0QW0100.html",
            "https://new.qq.com/omn/20261119A0QW0100",
            "https://view.inews.qq.com/a/20261119A0QW0100?devid=x",
            "https://view.inews.qq.com/k/20261119A0QW0100",
            "https://xw.qq.com/cmsid/20261119A0QW0100",
        ],
    )
    def test_every_address_of_an_article_is_the_same_article(self, address: str) -> None:
        text = "<p>足够长的一段正文，说了一件小事情，没有别的了。</p>"
        state = {"title": "一篇", "media": "某号", "originContent": {"text": text}}
        found = page(f"<script>window.DATA = {json.dumps(state)}</script>", address)
        for article in (source().parse(found, ref(PAGE)), read_page(found)):
            assert (article.article_id, article.url) == ("qq:20261119A0QW0100", PAGE)

    @pytest.mark.parametrize(
        ("html", "error"),
        [
            ("<title>腾讯网</title><div id=root></div>", LayoutChanged),
            ("<div id=app></div>", LayoutChanged),
            ("<title>腾讯网</title><script src='//mat1.gtimg.com/404.js'></script>", Gone),
            ("<title>404</title><div id=root></div>", Gone),
            ("<title>抱歉，您访问的页面不存在</title>", Gone),
            ("<title>一篇还在的文章_腾讯新闻</title><div id=root></div>", LayoutChanged),
            ("<h1>一篇还在的文章</h1><div id=root></div>", LayoutChanged),
            ('<script>window.DATA = {"title":"x","media":"y","article_type":"4"}</script>', NotAnArticle),
            ('<script>window.DATA = {"title":"x","media":"y","article_type":"0"}</script>', LayoutChanged),
            ('<script>window.DATA = {"title":"x","media":"y","is_deleted":1}</script>', Gone),
        ],
    )
    def test_a_page_without_a_text_is_told_by_what_is_left_of_it(self, html: str, error: type[FetchError]) -> None:
        with pytest.raises(error) as caught:
            source().parse(page(f"<html><body>{html}</body></html>"), ref())
        assert type(caught.value) is error

    def test_a_challenge_at_an_articles_address_is_no_deleted_article(self) -> None:
        with pytest.raises(Blocked):
            source().parse(
                page("<title>腾讯网</title><script src='https://captcha.gtimg.com/TCaptcha.js'></script>"), ref()
            )

    def test_a_redirect_to_the_404_page_is_a_deleted_article(self) -> None:
        with pytest.raises(Gone):
            qq.read(Document(page("<p>走丢了</p>", "https://new.qq.com/404.htm")))

    def test_the_page_that_lists_is_no_article(self) -> None:
        with pytest.raises(NotAnArticle):
            qq.read(Document(page("<title>新闻中心</title><a href='/a'>x</a>", "https://news.qq.com/")))

    def test_a_saved_page_with_its_data_and_no_text_has_changed(self) -> None:
        html = '<script>window.DATA = {"title":"x","media":"y","article_type":"0","cms_id":"20261119A0QW0100"}</script>'
        with pytest.raises(LayoutChanged):
            read_page(page(html, ""))

    def test_the_shown_time_is_read_where_no_script_has_it(self) -> None:
        html = (
            '<span class="a_source" bosszone="jgname">某号</span><span class="a_time">2019-09-23 07:48</span>'
            '<div id="Cnt-Main-Article-QQ" class="Cnt-Main-Article-QQ"><p>足够长的一段正文，说了一件小事情。</p></div>'
        )
        draft = qq.read(Document(page(html, "")))
        assert draft.published == (datetime(2019, 9, 23, 7, 48, tzinfo=CHINA), "minute")
        assert draft.outlet == "某号"

    def test_what_a_channels_page_has_around_its_text_is_no_text(self) -> None:
        html = (
            '<h1>渡船复航</h1><div id="Cnt-Main-Article-QQ" bosszone="content"><div class="mbArticleSharePic">'
            '<div class="mbArticleShareBtn"><span>转播到腾讯微博</span></div><img alt="x"></div>'
            "<p>渡船今天复航，第一班载着四十个人。</p><p>船长宋海生说，沙洲比往年高出半米。（编译/何远）</p>"
            "<p><strong>精彩视频推荐</strong></p><p>【某某周刊作品的中文权益归某某公司所有。未经授权，不得转载、摘编等。】</p>"
            "<span>正文已结束，您可以按alt+4进行评论</span></div>"
        )
        article = read_page(page(html, "https://tech.qq.com/a/20161014/006270.htm"))
        assert article.text.split("\n") == [
            "渡船今天复航，第一班载着四十个人。",
            "船长宋海生说，沙洲比往年高出半米。（编译/何远）",
        ]
        assert "精彩视频推荐" in article.chrome and "未经授权" in article.chrome

    def test_a_rendered_page_is_read_without_its_data(self) -> None:
        html = (
            '<h1>一篇</h1><p class="media-name"><a>某号</a></p><div id="article-content"><div class="rich_media_content">'
            "<p>足够长的一段正文，说了一件小事情，没有别的了。</p></div></div>"
        )
        article = source().parse(page(html), ref())
        assert (article.title, article.outlet, article.text) == (
            "一篇",
            "某号",
            "足够长的一段正文，说了一件小事情，没有别的了。",
        )

    def test_the_time_of_building_is_never_the_time_of_publishing(self) -> None:
        html = (
            '<meta name="apub:time" content="11/19/2026, 3:12:44 PM"><div id="Cnt-Main-Article-QQ">'
            "<p>足够长的一段正文，说了一件小事情，没有别的了。</p></div>"
        )
        assert qq.read(Document(page(html))).published is None

    def test_a_body_ends_at_its_own_element_whatever_stands_in_scripts_and_comments(self) -> None:
        html = (
            '<div class="x content-article y"><!-- </div> --><div>甲</div><script>"</div></div>"</script><p>乙</p></div>'
            '<p>丙</p><img src="https://mat1.gtimg.com/x.png">'
        )
        assert qq.read(Document(page(html, ""))).lines == ["甲", "乙"]

    def test_a_body_that_is_never_closed_goes_to_the_end(self) -> None:
        assert qq.read(Document(page('<div id="Cnt-Main-Article-QQ"><p>甲<p>乙', ""))).lines == ["甲", "乙"]

    def test_a_class_that_only_begins_alike_is_another(self) -> None:
        html = '<div class="content-article-more"><p>甲</p></div><div class="content-article"><p>乙</p></div><i>gtimg.com</i>'
        assert qq.read(Document(page(html, ""))).lines == ["乙"]

    @settings(max_examples=200)
    @given(
        st.lists(
            st.sampled_from(PIECES) | st.binary(max_size=12),
            max_size=14,
        )
    )
    def test_no_bytes_make_the_reader_raise_anything_else(self, parts: list[bytes]) -> None:
        with suppress(FetchError):
            source().parse(page(b"".join(parts)), ref())


class TestSavedPages:
    def test_text_title_and_time_are_those_of_the_index(self, shared: Path) -> None:
        with (shared / "pages" / "INDEX.tsv").open(encoding="utf-8") as file:
            rows = [
                one
                for one in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if one["path"].startswith("tencent/")
            ]
        bodies = [one for one in rows if one["body_first30"] not in ("", "-")]
        assert len(bodies) == 3
        for one in bodies:
            (article,) = read_file(one["path"], (shared / "pages" / one["path"]).read_bytes(), taken_at=NOW)
            text = squash(article.text)
            assert text.startswith(squash(one["body_first30"])) and text.endswith(squash(one["body_last30"]))
            assert abs(len(text) - int(one["body_len_nows"])) <= 0.05 * int(one["body_len_nows"])
            assert article.title == one["title"]
            assert f"{article.published_at:%Y-%m-%d %H:%M:%S}".startswith(one["publish_time"])
            assert article.source == "qq" and article.outlet in ("棱镜", "扬眼", "较真")

    def test_a_saved_list_page_is_no_article(self, shared: Path) -> None:
        body = (shared / "pages/tencent/LIST_gerapy_tencent_important_news.html").read_bytes()
        with pytest.raises(NotAnArticle):
            read_file("list.html", body, taken_at=NOW)
        with pytest.raises(NotAnArticle):
            qq.read(Document(page(body, "https://news.qq.com/")))

    def test_the_saved_list_has_a_video_a_tag_and_a_row_without_id(self, shared: Path) -> None:
        body = (shared / "pages/tencent/FIXTURE_tencent_getSubNewsMixedList_sanitised.json").read_bytes()
        assert source().discover(Page(url=LIST, body=body, fetched_at=NOW)) == []
        in_words = body.replace(b'"articletype": "4"', b'"articletype": "0"').replace(
            b"20260923V06EAK00", b"20260923A06EAK00"
        )
        (found,) = source().discover(Page(url=LIST, body=in_words, fetched_at=NOW))
        assert (found.article_id, found.published_at, found.precision) == (
            "qq:20260923A06EAK00",
            datetime(2026, 9, 23, 11, 57, 8, tzinfo=CHINA),
            "second",
        )


def squash(text: str) -> str:
    return re.sub(r"[\s\u3000\xa0\u200b-\u200f\ufeff\u2060]+", "", text)
