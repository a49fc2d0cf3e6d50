"""What WeChat's accounts put under their texts, and the kinds of post whose text stands in a script. All invented."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.article import Article, Page
from sources.outlets.pages import read_page
from sources.outlets.wechat_tail import split_tail

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
URL = "https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUv"
TEXT = [
    "雾港的渡船停了三天，等船的人在码头边支起了炉子，有人煮面，有人修网，孩子们围着一条搁浅的小船跑来跑去。",
    "船长宋海生每天早上去看一次天，回来说还不行，要再等一等，潮水退了以后水道里的沙洲比往年高出半米。",
    "第四天的下午，雾散了一半，第一班船载着四十个人和二十筐海带开了出去，码头上的炉子还没有灭。",
]


def article(body: str, head: str = "", script: str = 'var ct = "1699000000";') -> Article:
    page = (
        f'<html><head><meta property="og:title" content="雾港停航">{head}</head><body id="activity-detail">'
        f'<div id="js_article"><h1 id="activity-name">雾港停航</h1><a id="js_name">雾港日报</a>'
        f'<div class="rich_media_content" id="js_content">{body}</div></div>'
        f"<script>{script}</script></body></html>"
    )
    return read_page(Page(url=URL, body=page.encode(), fetched_at=NOW))


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<section><p><span>{line}</span></p></section>" for line in lines)


@pytest.mark.parametrize(
    "tail",
    [
        ["如果觉得这篇文章有用，欢迎点赞、在看、转发给朋友。"],
        ["如你觉得文章不错，请识别图中二维码关注。"],
        ["欢迎分享到朋友圈~"],
        ["喜欢就点个“在看”吧"],
        ["点分享！点收藏！点点赞！点在看！"],
        ["转载请注明出处！", "点赞、在看、分享，就是最大的支持"],
        ["👇添加微信好友，拉你进交流群👇"],
        ["长按图片加宋老师微信，拉你进群，群里还有不少船长。"],
        ["关注公众号，发送消息：", "海图，领取三十年的潮汐资料。"],
        ["因为微信公众号修改规则，如果不标星或点在看，你可能会收不到推送。"],
        ["最后推荐一下我的知识星球，里面有八门航海课，欢迎加入学习。"],
        ["商务合作：加微信 abc123", "— END —"],
        ["新媒体编辑：宋小雨", "审核：陈海 林晓晓 何远"],
        ["一审：宋小雨 二审：陈海 三审：林晓"],
        ["视觉 | 编辑：宋小雨、陈海", "雾港日报社新媒体部出品"],
        ["制图 宋小雨"],
        ["看完点赞，早赞早到港。", "（以上信息仅是个人感受，不构成任何投资建议，请自主决策。）"],
        ["投稿请发邮箱：abc@wugang.example.cn"],
        [
            "【今日微信公号推荐↓】",
            "更多推荐请看《雾港的公众号》",
            "其中有渔业、航海和天气。点击《雾港的公众号》，发现精彩！",
        ],
        ["本文策划宋小雨，编辑陈海，审校 Tim Song，转载请注明来自雾港观察微信公众号及以下二维码。"],
    ],
    ids=lambda tail: tail[0][:12],
)
def test_what_the_account_puts_under_its_text_is_no_text(tail: list[str]) -> None:
    found = article(paragraphs(TEXT + tail))
    assert found.text.split("\n") == TEXT
    assert all(line in found.chrome for line in tail)


@pytest.mark.parametrize(
    "last",
    [
        "如果有需要的话，可以在评论区回复1。",
        "作者 认为这件事很重要",
        "他是一名记者：真的",
        "（已报名的同学无需购买此课程）",
        "今天的故事就到这里，我们下期再见",
        "设计的关键：简单",
        "欢迎回家，宋船长。",
        "他说，这次合作可以让两个港口都受益。",
        "他去邮局，领取了一封信。",
        "欢迎在评论区分享你的渡船。",
    ],
)
def test_last_words_that_look_like_it_stay(last: str) -> None:
    assert article(paragraphs([*TEXT, last])).text.split("\n") == [*TEXT, last]


def test_links_to_earlier_articles_go_with_what_stands_under_them() -> None:
    link = '<p><a href="https://mp.weixin.qq.com/s?__biz=MzAwMDAwMDAwMQ==&amp;mid=1&amp;idx=1">{}</a></p>'
    under = link.format("可以修的船，和不能修的船") + link.format("灯塔看守人的最后一夜")
    found = article(paragraphs(TEXT) + under + "<p>最后推荐一下我的知识星球，欢迎加入。</p>")
    assert found.text.split("\n") == TEXT
    inside = article(link.format("灯塔看守人的最后一夜") + paragraphs(TEXT))
    assert inside.text.split("\n") == ["灯塔看守人的最后一夜", *TEXT]


def test_credits_between_are_still_read() -> None:
    found = article(paragraphs([*TEXT, "记者：宋小雨", "新媒体编辑：陈海", "转载请注明出处！"]))
    assert (found.text.split("\n"), found.authors, found.byline) == (TEXT, ("宋小雨",), "记者：宋小雨")


def test_the_list_of_a_texts_links_is_no_text_however_long() -> None:
    notes = [f"[{number}] 船期:https://a.example.cn/weekly/{'0' * 40}/{number}" for number in range(1, 40)]
    found = article(paragraphs([*TEXT, "（完）", "References", *notes]))
    assert found.text.split("\n") == TEXT
    assert "船期:https://a.example.cn" in found.chrome


def test_a_line_under_each_part_of_a_text_is_no_end_of_it() -> None:
    parts = [f"第{number}期：雾港的人们怎样过冬，{TEXT[0]}" for number in "一二三四五六七八"]
    lines = [line for part in parts for line in (part, "长按识别二维码查看原文", "https://a.example.cn/e")]
    assert article(paragraphs(lines)).text.split("\n") == lines


def test_numbers_alone_are_no_row_of_buttons() -> None:
    lines = [*TEXT, *TEXT, "15", "const 潮位 = 读取(潮汐表)", "return 潮位", *TEXT]
    assert article(paragraphs(lines)).text.split("\n") == lines


@given(st.lists(st.text(max_size=40), max_size=12), st.frozensets(st.text(max_size=10), max_size=3))
def test_no_line_is_lost(lines: list[str], onward: frozenset[str]) -> None:
    kept, tail = split_tail(lines, onward)
    assert sorted([*kept, *tail]) == sorted(lines)
    assert bool(kept) or not lines


@pytest.mark.parametrize("line", ["，" * 150, "编辑：宋小雨", "[1] 船期", "点赞", "---"])
def test_a_tail_without_end_is_looked_at_in_time(line: str) -> None:
    start = datetime.now()
    kept, tail = split_tail([*TEXT, *[line] * 50_000], frozenset())
    assert len(kept) + len(tail) == 50_003
    assert datetime.now() - start < timedelta(seconds=2)


# -- posts whose text stands in a script ----------------------------------------------------------------------------------


def post(kind: str, text: str, title: str, data: str) -> Article:
    page = (
        f'<html><head><meta property="og:title" content="{title}"></head><body><div id="js_article"></div>'
        f"<script>window.cgiDataNew = {{\n base_resp: {{ ret: '0' * 1 }},\n {data}\n content_noencode: {text},\n"
        f" ori_create_time: '1779506986' * 1,\n item_show_type: '{kind}' * 1,\n}};</script></body></html>"
    )
    return read_page(Page(url=URL, body=page.encode(), fetched_at=NOW))


def test_since_2026_the_data_are_plain_strings() -> None:
    data = (
        "nick_name: '雾港日报',\n bizuin: 'MzAwMDAwMDA0NA==',\n mid: '2248889396' * 1,\n idx: '2' * 1,\n"
        " sn: 'b5a55f448cd7738803901180abb1677f',"
    )
    text = "'【作者丨宋小雨】\\x0a\\x0a雾港的船\\x26quot;歇\\x26quot;了三天。\\x0a\\x0a第四天\\'复航\\'了。'"
    found = post("8", text, "雾港停航", data)
    assert found.text.split("\n") == ['雾港的船"歇"了三天。', "第四天'复航'了。"]
    assert (found.outlet, found.authors, found.article_id) == (
        "雾港日报",
        ("宋小雨",),
        "wechat:MzAwMDAwMDA0NA==:2248889396:2",
    )
    assert found.published_at == datetime(2026, 5, 23, 11, 29, 46, tzinfo=CHINA)


def test_a_posts_title_is_a_line_of_its_text_and_stays_there() -> None:
    text = r"JsDecode('雾港停航了\x0a\x0a船长说要等三天，大家别去码头。')"
    found = post("10", text, r"雾港停航了\n\n船长说要等三天，大家", "nick_name: JsDecode('雾港日报'),")
    assert found.title == "雾港停航了"
    assert found.text.split("\n") == ["雾港停航了", "船长说要等三天，大家别去码头。"]


def test_links_in_the_lines_of_a_post_are_words() -> None:
    text = (
        "JsDecode('三个港口：\\x0a雾港，停航 \\x3ca class=\\x22wx_img_refer_link\\x22 data-seq=\\x222\\x22\\x3e图2\\x3c/a\\x3e\\x0a"
        "石港，\\x3ca href=\\x22https://mp.weixin.qq.com/s?a=1\\x22\\x3e照常\\x0a开船\\x3c/a\\x3e')"
    )
    found = post(
        "8", text, "三个港口的今天", "nick_name: JsDecode('雾港日报'), mini: { nickname: JsDecode('雾港船票') },"
    )
    assert found.text.split("\n") == ["三个港口：", "雾港，停航 图2", "石港，照常", "开船"]
    assert found.outlet == "雾港日报"


def test_a_page_of_2016_says_its_account_and_author_elsewhere() -> None:
    page = (
        '<html><head><title>雾港停航</title></head><body id="activity-detail" class="zh_CN mm_appmsg">'
        '<div id="js_cmt_mine" style="display:none;"><h2 class="rich_media_title">雾港停航</h2></div>'
        '<div id="js_article" class="rich_media"><h2 class="rich_media_title" id="activity-name"> 雾港停航 </h2>'
        '<div class="rich_media_meta_list"><em id="post-date" class="rich_media_meta rich_media_meta_text">2016-06-30</em>'
        '<em class="rich_media_meta rich_media_meta_text">宋小雨</em>'
        '<a class="rich_media_meta rich_media_meta_link rich_media_meta_nickname" id="post-user">雾港日报</a></div>'
        f'<div class="rich_media_content " id="js_content">{paragraphs(TEXT)}</div>'
        '<div class="rich_media_tool" id="js_toobar3">阅读 <span id="readNum3">15155</span></div></div></body></html>'
    )
    found = read_page(Page(url="", body=page.encode(), fetched_at=NOW))
    assert (found.title, found.outlet, found.authors) == ("雾港停航", "雾港日报", ("宋小雨",))
    assert (found.published_at, found.precision) == (datetime(2016, 6, 30, tzinfo=CHINA), "day")
    assert found.text.split("\n") == TEXT
