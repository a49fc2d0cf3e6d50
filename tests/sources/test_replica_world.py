"""What the outlets in small serve: the shapes of outlets.md, by hand."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from sources.article import content_key
from sources.replica import Entry, World, article, written_entries
from sources.replica.entries import read_entry
from sources.replica.kr36 import item_id
from sources.replica.wire import SHANGHAI, Answer, Request

EPOCH = datetime(2026, 11, 21, 15, 0, 0, tzinfo=SHANGHAI)


@pytest.fixture
def world() -> World:
    return World(EPOCH, written_entries())


def ask(world: World, host: str, path: str) -> Answer:
    return world.respond(Request("GET", host, path, "", {}))


def page(world: World, url: str) -> Answer:
    _, _, host, path = url.split("/", 3)
    return ask(world, host, f"/{path}")


def state(answer: Answer) -> dict[str, object]:
    found = re.search(r"window\.initialState=(\{.*?\})</script>", answer.body.decode(), re.S)
    assert found
    return json.loads(found.group(1))


def every_address(world: World) -> list[tuple[str, str]]:
    lists = [
        ("www.36kr.com", "/feed"),
        ("36kr.com", "/feed"),
        ("36kr.com", "/feed-newsflash"),
        ("openclaw.36krcdn.com", "/media/hotlist/2026-11-21/24h_hot_list.json"),
        ("feeds.example.com", "/rss.xml"),
        ("news.example.net", "/index.rdf"),
        ("blog.example.org", "/atom.xml"),
        ("notes.example.com", "/feed.json"),
    ]
    pages = [tuple(world.url(key).removeprefix("https://").split("/", 1)) for key in world.keys]
    return lists + [(host, f"/{path}") for host, path in pages]


def test_two_worlds_of_one_epoch_answer_byte_for_byte_the_same(world: World) -> None:
    other = World(EPOCH.astimezone(UTC) + timedelta(microseconds=7), written_entries())
    addresses = every_address(world)
    assert len(addresses) == 8 + 16
    for host, path in addresses:
        mine = ask(world, host, path)
        assert mine.status == 200, (host, path)
        assert mine == ask(other, host, path), (host, path)


def test_no_page_has_a_replacement_character_or_an_unfilled_place(world: World) -> None:
    for host, path in every_address(world):
        text = ask(world, host, path).body.decode("utf-8")
        assert "\ufffd" not in text, (host, path)
        assert not re.search(r"\$[a-z]+", text), (host, path)


def test_an_epoch_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="timezone"):
        World(datetime(2026, 11, 21))


def test_the_id_of_an_article_tells_when_it_was_begun() -> None:
    # The example of outlets.md 1.3: id 3532943217940873 was begun on 2025-10-31 at 18:15:41 Shanghai time.
    begun = datetime(2025, 10, 31, 18, 15, 41, tzinfo=SHANGHAI)
    assert item_id(begun, "any") >> 14 == (3532943217940873 >> 14) // 1000 * 1000
    assert len(str(item_id(begun, "any"))) == 16


def test_the_feed_has_the_shape_of_36kr(world: World) -> None:
    text = ask(world, "www.36kr.com", "/feed").body.decode()
    times = re.findall(r"<pubDate>(.*?)</pubDate>", text)
    # Nine: seven articles less the one that only the hot list names, and three newsflashes.
    assert len(times) == 9
    assert "<pubDate>2026-11-21 14:48:00  +0800</pubDate>" in text  # robot-mail, 12 minutes before 15:00, two spaces
    assert times != sorted(times, reverse=True)
    links = re.findall(r"<link><!\[CDATA\[https://36kr\.com/(p|newsflashes)/\d{16}\?f=rss\]\]></link>", text)
    assert sorted(links) == ["newsflashes"] * 3 + ["p"] * 6
    titles = [node.text for node in ET.fromstring(text).iter("title")]
    assert titles[0] == "36氪"
    assert "苹果大年，云岭果农为什么不高兴" not in titles


def test_the_newsflash_feed_holds_newsflashes_alone(world: World) -> None:
    titles = [node.text for node in ET.fromstring(ask(world, "36kr.com", "/feed-newsflash").body).iter("title")]
    assert titles[0] == "36氪快讯"
    assert set(titles[1:]) == {
        "宇树科技在南屏镇试办机器人邮路",
        "苹果公司将在云岭办一天读书会",
        "云岭市图书馆延长夜间开放时间",
    }


def test_the_bare_host_answers_the_feed_with_a_captcha(world: World) -> None:
    answer = ask(world, "36kr.com", "/feed")
    assert answer.status == 200
    assert "完成验证后继续" in answer.body.decode()


def test_the_hot_list(world: World) -> None:
    answer = ask(world, "openclaw.36krcdn.com", "/media/hotlist/2026-11-21/24h_hot_list.json")
    listing = json.loads(answer.body)
    assert listing["date"] == "2026-11-21"
    assert listing["time"] == 1795244400000  # 2026-11-21 15:00 +08:00
    assert [(row["rank"], row["title"]) for row in listing["data"]] == [
        (1, "月之暗面在云岭开了一间不联网的阅览室"),
        (2, "对话陆知远：机器人进工厂，先学会等人"),
        (3, "理想汽车把展厅搬进山里，三天来了四百个孩子"),
        (4, "苹果大年，云岭果农为什么不高兴"),
        (5, "会自己报温度的外卖箱，在云岭试了一个星期"),
    ]
    first = listing["data"][0]
    assert first["publishTime"] == "2026-11-21 14:38:00"
    assert first["author"] == "沈砚秋"
    assert re.fullmatch(r"https://36kr\.com/p/\d{16}\?channel=openclaw", first["url"])


def test_yesterday_has_its_list_and_the_day_before_has_none(world: World) -> None:
    yesterday = ask(world, "openclaw.36krcdn.com", "/media/hotlist/2026-11-20/24h_hot_list.json")
    listing = json.loads(yesterday.body)
    assert [row["title"] for row in listing["data"]] == ["理想主义者的账本"]  # 25 hours old: 14:00 on the 20th
    assert listing["time"] == 1795190399000  # 2026-11-20 23:59:59 +08:00
    assert ask(world, "openclaw.36krcdn.com", "/media/hotlist/2026-11-19/24h_hot_list.json").status == 404


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 29))
def test_at_any_time_of_day_both_lists_name_something(minutes: int) -> None:
    world = World(datetime(2026, 11, 22, tzinfo=SHANGHAI) + timedelta(minutes=minutes), written_entries())
    for day in ("2026-11-22", "2026-11-21"):
        answer = ask(world, "openclaw.36krcdn.com", f"/media/hotlist/{day}/24h_hot_list.json")
        assert json.loads(answer.body)["data"], day


def test_a_page_with_its_text_in_the_plain_state(world: World) -> None:
    answer = page(world, world.url("lu-zhiyuan-dialogue"))
    fields = state(answer)["articleDetail"]["articleDetailData"]["data"]  # type: ignore[index]
    assert fields["widgetTitle"] == "对话陆知远：机器人进工厂，先学会等人"
    assert fields["publishTime"] == 1795242120000  # 14:22
    assert fields["author"] == "林若溪"
    assert fields["widgetContent"].startswith("<p>作者&nbsp;|&nbsp;林若溪</p><p>编辑&nbsp;|&nbsp;周晚舟</p>")
    assert "articleDetailContent" not in answer.body.decode()
    # The number that the address bears begins 190 minutes before publication.
    assert (fields["itemId"] >> 14) + 1546272000000 == 1795242120000 - 190 * 60_000


def test_a_page_with_its_text_in_the_dom_beside_an_encrypted_state(world: World) -> None:
    answer = page(world, world.url("kimi-reading-room"))
    text = answer.body.decode()
    assert set(state(answer)) == {"state", "isEncrypt"}
    assert 'class="common-width content articleDetailContent kr-rich-text-wrapper"' in text
    assert '<span class="title-icon-item item-time"><i>·</i>2026年11月21日 14:38</span>' in text
    assert "本文来自微信公众号“砚边科技”，作者：沈砚秋，36氪经授权发布。" in text
    # Rendered three minutes after it was published: a time that must not be taken for the publication.
    assert 'article:published_time" content="2026-11-21T14:41:00+08:00"' in text


def test_a_body_cannot_end_the_script_that_carries_it(world: World) -> None:
    body = "<p>甲</p><script>f={}</script><p>乙</p>"
    url = world.publish(Entry("tags", "www.36kr.com", "标签", body))
    fields = state(page(world, url))["articleDetail"]["articleDetailData"]["data"]  # type: ignore[index]
    assert fields["widgetContent"] == body


def test_an_encrypted_page_shows_no_word_of_its_body(world: World) -> None:
    world.lay_out("kimi-reading-room", "encrypted")
    assert "粮仓" not in page(world, world.url("kimi-reading-room")).body.decode()


def test_a_newsflash_page(world: World) -> None:
    answer = page(world, world.url("robot-mail"))
    assert world.url("robot-mail").startswith("https://36kr.com/newsflashes/")
    assert '<pre class="pre-item-des">36氪获悉，宇树科技日前在南屏镇试办' in answer.body.decode()
    fields = state(answer)["newsflashDetail"]["detailData"]["data"]  # type: ignore[index]
    assert fields["widgetTitle"] == "宇树科技在南屏镇试办机器人邮路"


def test_every_36kr_host_serves_a_page(world: World) -> None:
    path = world.item("robot-mail").path
    answers = [ask(world, host, path) for host in ("www.36kr.com", "36kr.com", "m.36kr.com")]
    assert answers[0].status == 200
    assert answers[0] == answers[1] == answers[2]


def test_each_generic_feed_is_of_its_kind(world: World) -> None:
    rss = ET.fromstring(ask(world, "feeds.example.com", "/rss.xml").body)
    assert rss.tag == "rss"
    assert [node.text for node in rss.iter("pubDate")] == [
        "Sat, 21 Nov 2026 14:50:00 +0800",
        "Sat, 21 Nov 2026 13:30:00 +0800",
    ]
    assert "粮仓" not in ET.tostring(rss, encoding="unicode")  # a teaser: the page has to be read
    rdf = ET.fromstring(ask(world, "news.example.net", "/index.rdf").body)
    assert rdf.tag == "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
    assert [node.text for node in rdf.iter("{http://purl.org/dc/elements/1.1/}date")] == [
        "2026-11-21T13:45:00+08:00",
        "2026-11-14T19:00:00+08:00",
    ]
    atom = ET.fromstring(ask(world, "blog.example.org", "/atom.xml").body)
    assert atom.tag == "{http://www.w3.org/2005/Atom}feed"
    assert "少放盐" in (atom.findtext(".//{http://www.w3.org/2005/Atom}content") or "")  # the whole text
    feed = json.loads(ask(world, "notes.example.com", "/feed.json").body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"][0]["url"] == "https://notes.example.com/articles/moving-day.html"
    assert "请先充电" in feed["items"][0]["content_html"]


def test_the_repost_is_the_same_text_with_spaces(world: World) -> None:
    original = world.item("kimi-reading-room").entry.text.rsplit("\n", 1)[0]  # less the source line at its end
    repost = world.item("reading-room-repost").entry.text
    assert original != repost
    assert content_key(original) == content_key(repost)


def test_robots_forbid_a_path_that_is_there(world: World) -> None:
    assert "Disallow: /drafts/" in ask(world, "feeds.example.com", "/robots.txt").body.decode()
    assert "Disallow: /api/" in ask(world, "www.36kr.com", "/robots.txt").body.decode()
    world.publish(article("draft", "feeds.example.com", "草稿", "没写完", path="/drafts/1.html"))
    assert ask(world, "feeds.example.com", "/drafts/1.html").status == 200


def test_publish_puts_an_article_on_its_page_and_its_lists(world: World) -> None:
    before = ask(world, "www.36kr.com", "/feed")
    url = world.publish(article("new", "www.36kr.com", "新文章", "第一段\n第二段 <b>&"))
    after = ask(world, "www.36kr.com", "/feed")
    assert "新文章" in after.body.decode()
    assert before.modified is not None and after.modified is not None and after.modified > before.modified
    assert "第二段 &lt;b&gt;&amp;" in page(world, url).body.decode()
    with pytest.raises(ValueError, match="already published"):
        world.publish(article("new", "www.36kr.com", "又一篇", "字"))
    with pytest.raises(ValueError, match=r"no site publishes on nowhere\.example"):
        world.publish(article("other", "nowhere.example", "t", "t"))


def test_edit_changes_page_list_and_validators(world: World) -> None:
    before = page(world, world.url("noodle-queue"))
    world.edit("noodle-queue", title="一家面馆的新办法", add="王兴兴也来吃过。", summary="新的导语")
    after = page(world, world.url("noodle-queue"))
    assert "一家面馆的新办法" in after.body.decode()
    assert "Kimiko" in after.body.decode()  # what stood there stands
    assert "<p>王兴兴也来吃过。</p>" in after.body.decode()
    assert after.etag != before.etag
    assert after.modified is not None and before.modified is not None and after.modified > before.modified
    assert "新的导语" in ask(world, "feeds.example.com", "/rss.xml").body.decode()
    world.edit("noodle-queue", text="只剩一句。")
    assert "Kimiko" not in page(world, world.url("noodle-queue")).body.decode().split("<article>")[1]


def test_withdraw_takes_the_page_down(world: World) -> None:
    url = world.url("moving-day")
    world.withdraw("moving-day")
    assert page(world, url).status == 404
    assert json.loads(ask(world, "notes.example.com", "/feed.json").body)["items"] == []
    world.withdraw("robot-mail", status=200, listed=True)
    assert page(world, world.url("robot-mail")).status == 200
    assert "文章不存在或已被删除" in page(world, world.url("robot-mail")).body.decode()
    assert "邮路" in ask(world, "www.36kr.com", "/feed").body.decode()


def test_move_answers_301_with_the_logical_address(world: World) -> None:
    world.move("feeds.example.com", "/articles/noodle-queue.html", "/2026/noodles.html")
    moved = ask(world, "feeds.example.com", "/articles/noodle-queue.html")
    assert moved.status == 301
    assert moved.headers == (("Location", "https://feeds.example.com/2026/noodles.html"),)
    assert "Kimiko" in ask(world, "feeds.example.com", "/2026/noodles.html").body.decode()


def test_a_block_stands_before_pages_and_lists_and_not_before_robots(world: World) -> None:
    world.block("www.36kr.com")
    for path in ("/feed", world.item("robot-mail").path):
        answer = ask(world, "www.36kr.com", path)
        text = answer.body.decode()
        assert answer.status == 200 and answer.modified is None and len(answer.body) < 15_000
        assert "<title>36氪</title>" in text
        assert re.search(r"lf-cdn-tos\.bytescm\.com/\S*/captcha/index\.js", text)
        assert "完成验证后继续" in text and "拖动完成上方拼图" in text
    assert "Disallow" in ask(world, "www.36kr.com", "/robots.txt").body.decode()
    assert "邮路" in ask(world, "m.36kr.com", world.item("robot-mail").path).body.decode()  # another host
    world.heal("m.36kr.com")
    assert "邮路" not in ask(world, "www.36kr.com", "/feed").body.decode()
    world.heal("www.36kr.com")
    assert "邮路" in ask(world, "www.36kr.com", "/feed").body.decode()


def test_the_other_challenge(world: World) -> None:
    world.block("36kr.com", challenge="waf", path="/p/")
    assert "_wafchallengeid" in page(world, world.url("kimi-reading-room")).body.decode()
    assert "邮路" in page(world, world.url("robot-mail")).body.decode()  # a newsflash, not below /p/


def test_a_broken_layout_has_nothing_that_a_parser_looks_for(world: World) -> None:
    world.break_layout("36kr.com", times=1)
    text = page(world, world.url("kimi-reading-room")).body.decode()
    assert "initialState" not in text and "article-title" not in text and "阅览室" not in text
    assert "阅览室" in page(world, world.url("kimi-reading-room")).body.decode()  # once only


def test_empty_lists_are_well_formed_and_pages_stand(world: World) -> None:
    for host in ("www.36kr.com", "openclaw.36krcdn.com", "feeds.example.com", "news.example.net", "blog.example.org"):
        world.empty(host)
    world.empty("notes.example.com")
    assert list(ET.fromstring(ask(world, "www.36kr.com", "/feed").body).iter("item")) == []
    assert list(ET.fromstring(ask(world, "feeds.example.com", "/rss.xml").body).iter("item")) == []
    assert "<item " not in ask(world, "news.example.net", "/index.rdf").body.decode()
    assert "<entry>" not in ask(world, "blog.example.org", "/atom.xml").body.decode()
    assert json.loads(ask(world, "notes.example.com", "/feed.json").body)["items"] == []
    hot = ask(world, "openclaw.36krcdn.com", "/media/hotlist/2026-11-21/24h_hot_list.json")
    assert json.loads(hot.body)["data"] == []
    assert "Kimiko" in page(world, world.url("noodle-queue")).body.decode()


def test_faults_compose_and_count(world: World) -> None:
    world.slow("feeds.example.com", 3.0, drip=1.0)
    world.fail("feeds.example.com", 503, times=2, retry_after=7)
    first, second, third = (ask(world, "feeds.example.com", "/rss.xml") for _ in range(3))
    assert (first.status, first.headers, first.wait) == (503, (("Retry-After", "7"),), 0.0)
    assert second.status == 503
    assert (third.status, third.wait, third.drip) == (200, 3.0, 1.0)
    world.heal()
    assert ask(world, "feeds.example.com", "/rss.xml").wait == 0.0
    with pytest.raises(KeyError):
        world.fail("nowhere.example", 500)


def test_an_article_file_with_a_wrong_header_is_named() -> None:
    with pytest.raises(ValueError, match=r"a\.html: colour: no such header"):
        read_entry("a", "host: www.36kr.com\ntitle: t\ncolour: red\n\n<p>x</p>")
    with pytest.raises(ValueError, match=r"a\.html: layout: odd: use one of state, both, dom, encrypted"):
        read_entry("a", "host: www.36kr.com\ntitle: t\nlayout: odd\n\n<p>x</p>")
