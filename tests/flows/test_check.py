"""What `tanma check` says of both files together."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.check import check, load_both
from sources.article import Article
from sources.errors import ConfigError, Problem
from sources.outlets.kr36 import Kr36
from sources.source import Way
from warehouse import articles
from warehouse.articles import Incoming
from warehouse.scan import Lexicon
from warehouse.scan.words import ordinary_words
from warehouse.store import Warehouse

EXAMPLES = Path(__file__).parents[2] / "deployments"
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def files(folder: Path, config: str, watchlist: str | None = "people: [杨植麟]\n") -> Path:
    (folder / "tanma.yaml").write_text(config, encoding="utf-8")
    if watchlist is not None:
        (folder / "watchlist.yaml").write_text(watchlist, encoding="utf-8")
    return folder / "tanma.yaml"


def said(folder: Path, notes: tuple[Problem, ...]) -> list[str]:
    return [str(note).removeprefix(f"{folder}/") for note in notes]


def test_the_examples_have_neither_problems_nor_warnings() -> None:
    report = check(EXAMPLES / "tanma.yaml", {})
    assert (report.problems, report.warnings) == ((), ())


def test_problems_of_both_files_come_together(tmp_path: Path) -> None:
    config = files(
        tmp_path, "sources: [37kr]\nchannels: {desk: '${NOT_SET}'}\n", "people:\n  - name: 王兴\n    grups: [a]\n"
    )
    assert said(tmp_path, check(config, {}).problems) == [
        "tanma.yaml:1: sources[0]: no source is called `37kr`; did you mean 36kr?",
        "tanma.yaml:2: channels.desk: the environment variable NOT_SET is not set",
        "watchlist.yaml:3: people[0].grups: unknown key; did you mean groups?",
    ]


def test_a_group_that_nobody_is_in(tmp_path: Path) -> None:
    config = files(
        tmp_path,
        "sources: [36kr]\nalerts:\n  - for: [大模型, 大模形]\n  - {for: x, name: b}\n",
        "people: [{name: 杨植麟, groups: [大模型]}]\n",
    )
    expected = [
        "tanma.yaml:3: alerts[0].for[1]: no group, name or kind of the watchlist is called `大模形`; did you mean 大模型?",
        "tanma.yaml:4: alerts[1].for: no group, name or kind of the watchlist is called `x`; groups are 大模型; "
        "kinds are people, companies, products, organizations",
    ]
    assert said(tmp_path, check(config, {}).problems) == expected
    with pytest.raises(ConfigError) as raised:
        load_both(config, {})
    assert said(tmp_path, tuple(raised.value.problems)) == expected


def test_load_both_gives_both(tmp_path: Path) -> None:
    config, entities = load_both(files(tmp_path, "watchlist: ./watchlist.yaml\n"), {})
    assert config.rules[0].name == "all"
    assert [entity.name for entity in entities] == ["杨植麟"]


def test_missing_files(tmp_path: Path) -> None:
    missing = "there is no such file; `tanma init` writes an example"
    assert said(tmp_path, check(tmp_path / "tanma.yaml", {}).problems) == [f"tanma.yaml: {missing}"]
    config = files(tmp_path, "language: fr\n", None)
    assert said(tmp_path, check(config, {}).problems) == [
        "tanma.yaml:1: language: expected zh or en, not `fr`",
        f"watchlist.yaml: {missing}",
    ]


def test_the_watchlist_is_named_as_the_configuration_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    files(tmp_path / "conf", "watchlist: names/w.yaml\n")
    monkeypatch.chdir(tmp_path)
    assert check(Path("conf/tanma.yaml"), {}).problems[0].file == "conf/names/w.yaml"


def test_an_address_that_no_service_understands(tmp_path: Path) -> None:
    config = files(tmp_path, "sources: [36kr]\nchannels:\n  desk: nosuchservice://tok3n-0123456789\n")
    (problem,) = check(config, {}).problems
    assert (problem.line, problem.key) == (3, "channels.desk")
    assert "tok3n" not in str(problem)


def test_warnings_of_the_configuration(tmp_path: Path) -> None:
    config = files(
        tmp_path,
        "sources:\n  - {use: feed, url: 'https://a.example/', every: 30s}\n"
        "channels:\n  ops: json://localhost/a\n  spare: json://localhost/b\n"
        "alerts: [{for: x, to: terminal}]\n",
        "people: [{name: 王兴, groups: [x]}, 李想, 杨植麟, 闫俊杰, 季逸超, 谢赛宁, 张予彤]\n",
    )
    report = check(config, {})
    assert report.problems == ()
    assert said(tmp_path, report.warnings) == [
        "tanma.yaml:2: sources[0].every: more than once a minute is more than most outlets bear",
        "tanma.yaml:5: channels.spare: no rule sends to this channel",
        "tanma.yaml:6: alerts: no rule is for these names, so they never alert: 李想, 杨植麟, 闫俊杰, 季逸超, 谢赛宁 "
        "and 1 more",
    ]


def test_people_whom_no_channel_of_their_rule_calls(tmp_path: Path) -> None:
    crowd = ", ".join(f"U{number:09d}" for number in range(1000))
    config = files(
        tmp_path,
        "sources: [36kr]\n"
        "channels: {desk: 'feishu://feishu-secret-000111', team: 'dingtalk://d1ngt4lksecret000111',\n"
        "           room: 'slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#a'}\n"
        "alerts:\n"
        "  - {for: all, to: [desk, team], mention: [ou_7d8a, '13800138000', '@weiwei']}\n"
        f"  - {{for: all, to: room, mention: [{crowd}]}}\n",
    )
    first, second = (one for one in said(tmp_path, check(config, {}).warnings) if "mention" in one)
    assert (
        first == "tanma.yaml:5: alerts[0].mention: messages to desk and team cannot call, or have no room for: @weiwei"
    )
    assert second.startswith(
        "tanma.yaml:6: alerts[1].mention: messages to room cannot call, or have no room for: U0000"
    )
    assert second.endswith(" more")


def test_an_address_with_several_targets(tmp_path: Path) -> None:
    config = files(
        tmp_path,
        "sources: [36kr]\n"
        "channels: {desk: 'tgram://123456789:abcdefg_hijklmnop/-1001/-1002', team: 'tgram://123456789:abcdefg_hijklmnop/-1001',\n"
        "           post: 'mailto://reader:mailsecret000111@example.com?to=a@example.com,b@example.com'}\n"
        "alerts: [{for: all, to: [desk, team, post]}]\n",
    )
    assert said(tmp_path, check(config, {}).warnings) == [
        "tanma.yaml:2: channels.desk: each message goes out as 2: when one is refused, all are sent again; "
        "make channels of its targets",
    ]


def test_nothing_to_read_and_nobody_to_watch(tmp_path: Path) -> None:
    report = check(files(tmp_path, "sources: []\n", "people: []\n"), {})
    assert said(tmp_path, report.warnings) == [
        "tanma.yaml:1: sources: no source is named: `tanma run` has nothing to read",
        "watchlist.yaml:1: no name is tracked: nothing will alert",
    ]


def names_warned_of(tmp_path: Path, watchlist: str) -> list[str]:
    report = check(files(tmp_path, "sources: [36kr]\n", watchlist), {})
    assert report.problems == ()
    return [line.removeprefix("watchlist.yaml:") for line in said(tmp_path, report.warnings)]


def test_a_name_that_is_part_of_another(tmp_path: Path) -> None:
    text = (
        "people:\n  - 王兴\n  - 王兴兴\n  - {name: 余承东, aliases: [余]}\ncompanies: [Li Auto, Li, Acme, Acmeworks]\n"
    )
    assert names_warned_of(tmp_path, text) == [
        "2: people[0]: 王兴 is part of 王兴兴 (person:王兴兴), inside which it does not count",
        "4: people[2]: 余 is a single character, which stands in many other words",
        "5: companies[1]: Li is part of Li Auto (company:Li Auto), inside which it does not count",
    ]


def test_an_ordinary_word_without_context(tmp_path: Path) -> None:
    text = (
        "companies:\n  - {name: 理想汽车, aliases: [理想]}\n  - {name: 大众汽车, aliases: [大众], context: [桑塔纳]}\n"
        "  - 小米\n"
    )
    assert names_warned_of(tmp_path, text) == [
        "2: companies[0]: 理想 is an ordinary word too: `context` can say what marks it as a name, such as "
        "[增程, 常州工厂, 新势力, 李想, 蔚小理]",
    ]


LIXIANG = "companies:\n  - {name: 理想汽车, aliases: [理想]}\n  - 宇树科技\n  - 云脊智能\n  - 小米\n"
TRUE = "李想在北京开放日上介绍了理想的新工厂，宇树科技和云脊智能也来了。"
WORD = "人总要有一点理想，也要有一点耐心。"
GRAIN = "锅里的小米熬了一夜，盛出来一碗黄澄澄的粥。"


def stored(folder: Path, *texts: str, days_old: float = 1) -> None:
    """Articles with these texts, first seen so long ago, published for all to read."""
    seen = NOW - timedelta(days=days_old)
    with Warehouse.open(folder / "data", holder="test", now=seen) as wh:
        known = wh.con.execute("SELECT count(*) FROM core.articles").fetchall()[0][0]
        incoming = [
            Incoming(
                Article(f"x:{known + n}", "x", "某报", "article", "", f"第{known + n}篇", text, (), seen, "minute")
            )
            for n, text in enumerate(texts)
        ]
        articles.load(wh, incoming, Lexicon.compile([]), (), seen, timezone=UTC)
        wh.publish()


def warned(folder: Path, watchlist: str = LIXIANG) -> list[str]:
    report = check(files(folder, "sources: [36kr]\n", watchlist), {}, NOW)
    assert report.problems == ()
    return [line.removeprefix("watchlist.yaml:") for line in said(folder, report.warnings)]


def test_an_ordinary_word_is_told_with_what_it_did_in_the_stored_articles(tmp_path: Path) -> None:
    stored(tmp_path, TRUE, TRUE.replace("北京", "上海"), WORD * 2, WORD + "云脊智能开门了。", "什么也没有。", GRAIN)
    stored(tmp_path, TRUE.replace("北京", "天津"), days_old=100)
    # 云脊智能 stands beside the name, and beside the word too.
    assert warned(tmp_path) == [
        "2: companies[0]: 理想 is an ordinary word too: in the last 90 days it alone would have alerted in 2 articles, "
        "and stood there 3 times without counting; `context` can say what marks it as a name, such as "
        "[宇树科技, 李想, 增程, 常州工厂, 新势力]"
    ]


def test_a_likely_name_is_told_of_only_where_it_often_could_not_be_told(tmp_path: Path) -> None:
    stored(tmp_path, GRAIN, GRAIN.replace("一夜", "一天"))
    assert warned(tmp_path, "companies: [小米]\n") == []
    stored(tmp_path, GRAIN.replace("一夜", "三天"))
    [line] = warned(tmp_path, "companies: [小米]\n")
    assert line.startswith(
        "1: companies[0]: 小米 is an ordinary word too: in the last 90 days it alone would have alerted in 0 articles, "
        "and stood there 3 times without counting; `context` can say"
    )
    sure = [f"小米公司在{city}开了新店，雷军说手机卖得很好。" for city in ("北京", "上海", "天津", "成都")]
    stored(tmp_path, *sure)
    assert warned(tmp_path, "companies: [小米]\n") == []


def test_with_context_no_article_is_looked_at(tmp_path: Path) -> None:
    stored(tmp_path, WORD)
    assert warned(tmp_path, LIXIANG.replace("[理想]}", "[理想], context: [增程]}")) == []


def test_the_number_of_articles_looked_at_is_bounded_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.wordcheck.MOST_ARTICLES", 2)
    stored(tmp_path, *(f"{WORD}第{n}次。" for n in range(5)))
    [line] = warned(tmp_path)
    assert "stood there 2 times without counting (of the newest 2 articles that hold such words);" in line


def test_a_published_file_that_cannot_be_read_leaves_the_warning_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tanma.duckdb").write_bytes(b"no database")
    [line] = warned(tmp_path)
    assert line.startswith("2: companies[0]: 理想 is an ordinary word too: `context` can say")


def test_many_names_are_checked_in_seconds(tmp_path: Path) -> None:
    stored(tmp_path, *(f"{WORD}{TRUE}第{n}次，{'灯塔亮了。' * 200}" for n in range(1500)))
    words = ["理想", *(word for word in ordinary_words() if len(word) > 1 and word != "理想")]
    names = [*words, *(f"某某{chr(0x4E00 + n)}{chr(0x5E00 + n)}科技" for n in range(5000 - len(words)))]
    began = time.process_time()
    lines = warned(tmp_path, "companies:\n" + "".join(f"  - '{name}'\n" for name in names))
    assert time.process_time() - began < 20
    assert any("理想 is an ordinary word too: in the last 90 days" in line for line in lines)


def test_a_form_of_two_names_and_a_full_width_comma(tmp_path: Path) -> None:
    text = "companies:\n  - {name: 字节跳动, aliases: [抖音]}\nproducts:\n  - 抖音\n  - {name: 千帆表格, aliases: [Qianfan，帆表]}\n"
    assert names_warned_of(tmp_path, text) == [
        "4: products[0]: 抖音 stands for company:字节跳动 in line 2 too: both will alert",
        "5: products[1]: Qianfan，帆表 holds a full-width comma: between two names goes `, `",
    ]


FORMS = st.text(st.sampled_from("王兴李a b"), min_size=1, max_size=5).filter(lambda text: text.strip())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(FORMS, max_size=8))
def test_any_list_of_names_can_be_checked(tmp_path: Path, names: list[str]) -> None:
    text = "companies:\n" + "".join(f"  - '{name}'\n" for name in names)
    check(files(tmp_path, "sources: [36kr]\n", text), {})


def test_check_loads_neither_prefect_nor_duckdb_nor_apprise() -> None:
    code = (
        "import sys; from pathlib import Path; from flows.check import check;"
        "assert not check(Path('deployments/tanma.yaml'), {}).problems;"
        "print(*sorted({'prefect', 'duckdb', 'apprise', 'trafilatura', 'dateparser'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


WAYS = (Way("36氪", True), Way("虎嗅", True), Way("公众号", False, "`wechat:` a feed"), Way("别处", False))


@pytest.mark.parametrize(
    ("ways", "said_of_them"),
    [
        (WAYS, "kr is read through 36氪, 虎嗅; not configured: 公众号 (`wechat:` a feed), 别处"),
        (WAYS[:2], "kr is read through 36氪, 虎嗅"),
        (WAYS[2:3], "kr is read through nothing yet; not configured: 公众号 (`wechat:` a feed)"),
    ],
)
def test_the_ways_of_a_source_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ways: tuple[Way, ...], said_of_them: str
) -> None:
    monkeypatch.setattr(Kr36, "ways", lambda self: ways)
    config = files(
        tmp_path, "sources:\n  - {use: feed, url: 'https://a.example/', outlet: A}\n  - {use: 36kr, id: kr}\n"
    )
    report = check(config, {})
    assert (report.problems, report.warnings) == ((), ())
    assert said(tmp_path, report.notes) == [f"tanma.yaml:3: sources[1]: {said_of_them}"]


def test_the_composite_source_says_what_it_lacks(tmp_path: Path) -> None:
    config = files(tmp_path, "sources:\n  - {use: hundun, huxiu_feed: 'https://rss.huxiu.com/'}\n")
    [note] = said(tmp_path, check(config, {}).notes)
    assert note.startswith("tanma.yaml:2: sources[0]: hundun is read through 虎嗅; not configured: ")
    assert all(f"`{key}:`" in note for key in ("kr36_user", "zaker_channel", "wechat_feed", "feeds"))


def test_a_source_with_one_way_is_not_spoken_of(tmp_path: Path) -> None:
    assert check(files(tmp_path, "sources: [36kr]\n"), {}).notes == ()


def test_outlets_of_which_nothing_is_stored_are_warned_of(tmp_path: Path) -> None:
    config = files(
        tmp_path,
        "sources: [36kr]\nalerts:\n  - outlets: [虎秀, 36氪, 虎嗅]\n  - {not_outlets: [ZAKERR, ｚａｋｅｒ], name: b}\n",
    )
    assert check(config, {}).warnings == (), "nothing is published yet"
    one = Article("x:1", "huxiu", "虎嗅", "article", "", "一", "一" * 99, (), NOW, "minute")
    two = Article("x:2", "zaker", "ZAKER", "article", "", "二", "二" * 99, (), NOW, "minute")
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW) as wh:
        articles.load(wh, [Incoming(one), Incoming(two)], Lexicon.compile(()), (), NOW, timezone=UTC)
        wh.publish()
    assert said(tmp_path, check(config, {}).warnings) == [
        "tanma.yaml:3: alerts[0].outlets: no stored article is of an outlet called 虎秀",
        "tanma.yaml:4: alerts[1].not_outlets: no stored article is of an outlet called ZAKERR; did you mean ZAKER?",
    ]
