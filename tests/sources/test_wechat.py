"""WeChat's article pages: the two ways of reading them, what is no article, real pages. Fixtures: fixtures/outlets/wechat,
fixtures/pages/wechat_*."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.article import Page
from sources.blocks import paragraphs
from sources.document import Document
from sources.errors import Blocked, Elsewhere, FetchError, Gone, LayoutChanged, NotAnArticle
from sources.outlets import wechat
from sources.outlets.pages import read_page
from sources.outlets.wechat_parts import sliced, whole

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASE = FIXTURES / "outlets" / "wechat"
CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
URL = "https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUv"
WRITTEN = [CASE / name for name in ("island.html", "umbrella.html", "picture.html")]
WRITTEN += [FIXTURES / "pages" / f"wechat_{name}.html" for name in ("article", "text_post", "2018")]


def document(body: bytes, url: str = "") -> Document:
    return Document(Page(url=url, body=body, fetched_at=NOW))


def both_ways(body: bytes) -> tuple[object, object]:
    """The draft read from slices and the one read from the whole page."""
    doc = document(body)
    parts = sliced(doc)
    assert parts is not None
    return wechat._draft(doc, parts), wechat._draft(doc, whole(doc))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_the_slices_give_what_the_whole_page_gives(path: Path) -> None:
    quick, slow = both_ways(path.read_bytes())
    assert quick is not None and quick == slow


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_megabytes_of_script_are_neither_decoded_nor_parsed(path: Path) -> None:
    filler = b"<script>var filler = '" + b"x = document.getElementById('js_content'); " * 20_000 + b"';</script>"
    doc = document(path.read_bytes().replace(b"</body>", filler + b"</body>"))
    assert wechat.knows(doc)
    draft = wechat.read(doc)
    assert draft == wechat.read(document(path.read_bytes()))
    assert "html" not in doc.__dict__ and "tree" not in doc.__dict__


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("老卓说", "<!-- <script>1</script> -->老卓说"),
        ("老卓说", "<!-- <script> -->老卓说<!-- </script> -->"),
        ("老卓说", "<b title='<script>'>老卓说</b><b title='</script>'></b>"),
        ("老卓说", "<!-- a > b <script> -->老卓说<!-- </script> -->"),
        ("老卓说", "<style></stylex>p</style>老卓说"),
        ("老卓说", "<script><!--<script></script>--></script>老卓说"),
        ("老卓说", '老卓说 cgiDataNew = { var ct = "1234567890"; var biz = "MzA"; content_noencode: JsDecode(\'x\')'),
        ('<div id="js_article"', '<script>var t = \'<div id="js_content"></div>\'</script><div id="js_article"'),
        ("老卓说", "<style>p{}</style>老卓说"),
        ("老卓说", "<SCRIPT>var a = '</div>';</SCRIPT>老卓说"),
        ("老卓说", "<script>document.write('<div>')</script>老卓说"),
        ("老卓说", "老卓说</div>"),
        ("老卓说", "老卓说<table><tr><td>一班<td>二班<p>三班</table>"),
        ('id="js_content"', "id='js_content'"),
        ("</section></div>", "</section><div><b>"),
        ("</section></div>", "</section>"),
        ("</section></div>\n", ""),
        ("<p>明年桥就通了", "<script>1</script><script>2</script><script>3</script><script>4</script><p>明年桥就通了"),
    ],
)
def test_the_two_ways_agree_on_pages_that_are_written_badly(old: str, new: str) -> None:
    body = (CASE / "island.html").read_text("utf-8").replace(old, new).encode()
    doc = document(body)
    slow = wechat._draft(doc, whole(doc))
    assert slow is not None and "岛上还有十一户人家，渡船一天两班。" in slow.lines
    assert wechat.read(document(body)) == slow


def test_another_encoding_is_read_as_a_whole() -> None:
    text = (CASE / "island.html").read_text("utf-8").replace("charset=utf-8", "charset=gb18030")
    doc = document(text.encode("gb18030"))
    assert sliced(doc) is None
    assert wechat.read(doc).lines[1] == "岛上还有十一户人家，渡船一天两班。"


def test_numbers_of_other_posts_are_not_the_posts() -> None:
    """The earlier article that the page links has numbers too, and stands in the same script."""
    draft = wechat.read(document((CASE / "umbrella.html").read_bytes()))
    assert draft.identity is not None and draft.identity.article_id == "wechat:MzAwMDAwMDAxMg==:2650000012:1"


@pytest.mark.parametrize("inner", ["", '<script type="text/javascript">window.__inner = 1;</script>'])
def test_an_article_about_scripts_has_its_own_time(inner: str) -> None:
    html = (CASE / "umbrella.html").read_text("utf-8").replace("&quot;1&quot;", '"1234567890"')
    html = html.replace('<script type="text/javascript">window.__inner = 1;</script>', inner)
    quick, slow = both_ways(html.encode())
    assert quick == slow
    draft = wechat.read(document(html.encode()))
    assert draft.published == (datetime(2026, 11, 5, 7, 0, 12, tzinfo=CHINA), "second")
    assert draft.lines[1] == 'var ct = "1234567890";'


def test_a_page_is_known_without_its_address() -> None:
    assert wechat.knows(document((CASE / "picture.html").read_bytes()))
    assert wechat.knows(document(b"<html><body>", URL))
    own_address = b'<html><head><meta content="http://mp.weixin.qq.com/s?__biz=a" property="og:url"></head><body>'
    assert wechat.knows(document(own_address))
    assert not wechat.knows(document(own_address.replace(b"mp.weixin.qq.com", b"example.org")))
    copied = (FIXTURES / "pages" / "wechat_2018.html").read_bytes()
    assert wechat.knows(document(copied)) and not wechat.knows(document(copied, "https://reposts.example.org/1"))
    quoting = b'<p>mp.weixin.qq.com has id="js_content" and cgiDataNew</p><div class="article">x</div>'
    assert not wechat.knows(document(quoting))


@pytest.mark.parametrize(
    "notice",
    [
        '<div class="weui-msg__title warn">该内容已被发布者删除</div>',
        '<div class="weui-msg__title warn">The content has been deleted by the author.</div>',
        "<h2 class='weui-msg__title title'> 此内容因违规无法查看 </h2><p class='tips'>由用户投诉并经平台审核</p>",
        '<h2 class="weui-msg__title">链接已过期</h2>',
        '<div class="mesg-block">该内容暂时无法查看</div>',
        '<h2 class="weui-msg__title">此帐号已自主注销，内容无法查看</h2>',
        '<h2 class="weui-msg__title">此帐号已被屏蔽, 内容无法查看</h2>',
        '<h2 class="weui-msg__title">该公众号已迁移</h2>',
        '<h2 class="weui-msg__title">此内容被投诉且经审核涉嫌侵权，无法查看。</h2>',
    ],
)
def test_a_tombstone_is_gone(notice: str) -> None:
    html = f'<html><head><title></title></head><body id="activity-detail"><div class="weui-msg">{notice}</div></body>'
    for url in (URL, ""):
        with pytest.raises(Gone):
            read_page(Page(url=url, body=html.encode(), fetched_at=NOW))


def test_a_captcha_is_blocked() -> None:
    html = (FIXTURES / "pages" / "refused_wechat_verify.html").read_bytes()
    with pytest.raises(Blocked):
        read_page(Page(url=URL, body=html, fetched_at=NOW))
    captcha = "https://mp.weixin.qq.com/mp/wappoc_appmsgcaptcha?poc_token=a&target_url=b"
    with pytest.raises(Blocked):
        read_page(Page(url=URL, body=b"<html><body></body></html>", fetched_at=NOW, final_url=captcha))


def test_a_shared_article_is_elsewhere() -> None:
    with pytest.raises(Elsewhere) as caught:
        read_page(Page(url=URL, body=(CASE / "share.html").read_bytes(), fetched_at=NOW))
    assert caught.value.target == (
        "http://mp.weixin.qq.com/s?__biz=MzAwMDAwMDAxMg%3D%3D&mid=2650000012&idx=1&sn=99990000aaaabbbbccccddddeeeeffff"
    )


def test_the_first_words_of_a_shared_article_are_not_the_article() -> None:
    html = (
        (CASE / "share.html")
        .read_text("utf-8")
        .replace('aria-hidden="true"></div>', ">南巷口的修伞摊，今年第四十个年头。</div>")
    )
    with pytest.raises(Elsewhere):
        wechat.read(document(html.encode()))


@pytest.mark.parametrize(
    "target", ["javascript:void(0)", "weixin://dl/x", "/s/relative", "https://u:p@example.com/a", ""]
)
def test_only_an_address_of_the_web_is_followed(target: str) -> None:
    html = re.sub('data-url="[^"]*"', f'data-url="{target}"', (CASE / "share.html").read_text("utf-8"))
    with pytest.raises(NotAnArticle) as caught:
        wechat.read(document(html.encode()))
    assert type(caught.value) is NotAnArticle


def test_an_account_that_moved_names_its_article() -> None:
    html = (
        '<html><body id="activity-detail"><div class="weui-msg"><h2 class="weui-msg__title">该公众号已迁移</h2></div>'
        "<script>var transferTargetLink = 'http://mp.weixin.qq.com/s?__biz=MzAwMDAwMDAxMw==\\x26amp;mid=5\\x26amp;idx=1';"
        "</script></body></html>"
    )
    with pytest.raises(Elsewhere) as caught:
        wechat.read(document(html.encode(), URL))
    assert caught.value.target == "http://mp.weixin.qq.com/s?__biz=MzAwMDAwMDAxMw==&mid=5&idx=1"


@pytest.mark.parametrize(("kind", "what"), [("5", "a video"), ("6", "music"), ("7", "an audio post"), ("0", "a post")])
def test_a_post_without_words_says_what_it_is(kind: str, what: str) -> None:
    html = (FIXTURES / "pages" / "refused_wechat_video.html").read_text("utf-8")
    html = html.replace("item_show_type: '5'", f"item_show_type: '{kind}'")
    with pytest.raises(NotAnArticle, match=f"^{what} without text"):
        wechat.read(document(html.encode()))


def test_a_short_post_with_its_words_only_in_the_script_is_read() -> None:
    html = (CASE / "picture.html").read_text("utf-8").replace("item_show_type: '8'", "item_show_type: '17'")
    assert wechat.read(document(html.encode())).lines[0] == "雾散得很慢。"


def test_a_list_is_no_article() -> None:
    with pytest.raises(NotAnArticle, match="an account's history"):
        wechat.read(document((FIXTURES / "pages" / "refused_wechat_history.html").read_bytes()))


def test_a_searchs_results_are_no_article() -> None:
    row = "<li><h3><a>雾港的渡船</a></h3><p>渡船停了三天，等船的人在码头边支起了炉子，有人煮面，有人修网。</p></li>"
    html = f'<html><head><title>渡船的相关文章 – 搜狗微信搜索</title></head><body><div class="news-box"><ul>{row * 5}</ul></div>'
    with pytest.raises(NotAnArticle, match="a search's results"):
        read_page(Page(url="", body=html.encode(), fetched_at=NOW))


def test_an_empty_frame_is_a_changed_layout() -> None:
    with pytest.raises(LayoutChanged):
        wechat.read(document(b"<html><body><div id='js_article'><p>...</p></div></body></html>", URL))


_PIECES = st.sampled_from(
    [
        b'<div id="js_content">', b"</div>", b"<p>", b"<script>", b"</script>", b"<style>", b"</style", b"<!--", b"-->",
        b"cgiDataNew = {", b'var ct = "1793620800"', b"content_noencode: JsDecode('", b"\\x3cp\\x3e", b"')", b"\\", b"'",
        b"</head>", b'<meta property="og:title" content="x">', b"item_show_type: '8'", b"\xff", b"\x00", "雾".encode(),
        b"transferTargetLink = '//'", b'<a id="js_share_source" data-url="http://[">', b"og:url", b"//mp.weixin.qq.com/",
    ]
)  # fmt: skip


@given(st.lists(_PIECES | st.binary(max_size=8), max_size=30).map(b"".join))
def test_no_bytes_make_the_reader_raise_another_error(body: bytes) -> None:
    with suppress(FetchError):
        read_page(Page(url=URL, body=body, fetched_at=NOW))


@given(st.lists(_PIECES, max_size=30).map(b"".join))
def test_the_two_ways_have_the_same_words_of_any_page(body: bytes) -> None:
    start = b'<html><head><meta property="og:title" content="x"></head><body><script>cgiDataNew = { }</script>'
    page = start + b'<div id="js_content">' + body + b"</div><p>x</p><script>1</script></body></html>"
    doc = document(page)
    parts = sliced(doc)
    if parts is None or parts.body is None:
        return
    other = whole(doc).body
    assert other is not None and paragraphs(parts.body) == paragraphs(other)


# -- real pages ---------------------------------------------------------------------------------------------------------


def squashed(text: str) -> str:
    return re.sub(r"[\s\u3000\xa0\u200b-\u200f\ufeff\u2060]+", "", text)


def index(shared: Path) -> list[dict[str, str]]:
    with (shared / "pages" / "INDEX.tsv").open(encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in rows if row["path"].startswith("weixin/")]


def test_real_articles_are_read_as_a_person_read_them(shared: Path) -> None:
    rows = [row for row in index(shared) if row["body_first30"] != "-"]
    assert len(rows) == 9
    for row in rows:
        body = (shared / "pages" / row["path"]).read_bytes()
        article = read_page(Page(url="", body=body, fetched_at=NOW))
        text, length = squashed(article.text), int(row["body_len_nows"])
        assert text.startswith(squashed(row["body_first30"])[:12]), row["path"]
        assert text.endswith(squashed(row["body_last30"])[-12:]), row["path"]
        assert abs(len(text) - length) <= 0.05 * length + 5, row["path"]
        assert article.title == row["title"], row["path"]
        when = re.match(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?", row["publish_time"])
        assert when and article.published_at, row["path"]
        shown = article.published_at.astimezone(CHINA)
        assert f"{shown:%Y-%m-%d}" == when[1] and (not when[2] or f"{shown:%H:%M}" == when[2]), row["path"]
        assert re.fullmatch(r"wechat:[A-Za-z0-9+/]+=*:\d+:\d+", article.article_id), row["path"]


def test_real_pages_give_the_same_both_ways(shared: Path) -> None:
    compared = 0
    for path in sorted((shared / "pages" / "weixin").glob("*.html")):
        doc = document(path.read_bytes())
        parts = sliced(doc)
        if parts is None:
            continue
        quick = slow = None
        try:
            quick = wechat._draft(doc, parts)
        except Elsewhere as error:
            quick = error.target
        try:
            slow = wechat._draft(doc, whole(doc))
        except Elsewhere as error:
            slow = error.target
        assert quick is not None and quick == slow, path.name
        compared += 1
    assert compared == 10  # all but the error pages, the list and the page that somebody made up


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("ERR_wae_deleted_01", Gone),
        ("ERR_wae_violation_01", Gone),
        ("ERR_wechatsogou_expired", Gone),
        ("LIST_wechatsogou_gzh_history", NotAnArticle),
        ("wae_share_03", Elsewhere),
    ],
)
def test_real_pages_without_an_article_are_told_apart(shared: Path, name: str, error: type[FetchError]) -> None:
    body = (shared / "pages" / "weixin" / f"{name}.html").read_bytes()
    for url in ("", URL):
        with pytest.raises(FetchError) as caught:
            read_page(Page(url=url, body=body, fetched_at=NOW))
        assert type(caught.value) is error
