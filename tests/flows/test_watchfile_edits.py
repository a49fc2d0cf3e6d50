"""watchlist.yaml changed by commands: what people wrote into it stays, byte for byte."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.watchfile import add, import_csv, load_watchlist, remove
from sources.errors import ConfigError
from warehouse.watchlist import Entity

FIXTURES = Path(__file__).parents[1] / "fixtures" / "config"
GOLD = Path(__file__).parents[3] / "shared" / "gold" / "watchlist.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.yaml"


def put(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8", newline="")
    return file


def text_of(file: Path) -> str:
    return file.read_bytes().decode()


COMMENTED = """\
# 我的名单

people:
    # founders first
    - name: 杨植麟   # Moonshot
      aliases:
        - Yang Zhilin
        - 植麟  # rarely
      groups: [ 大模型 ]

    # the other one
    - "王兴"

# --- companies ---
companies:
- {name: 理想汽车, aliases: [理想]}   # Li Auto
products: [Kimi, 'Sora']  # two
organizations:   # none yet
# the end
"""


def test_add_writes_below_the_last_of_its_section_and_touches_nothing_else(file: Path) -> None:
    put(file, COMMENTED)
    add(file, "person", "李想", ["Li Xiang"], ["汽车", "A&B: x"])
    assert text_of(file) == COMMENTED.replace(
        '    - "王兴"\n',
        "    - \"王兴\"\n    - name: 李想\n      aliases: [Li Xiang]\n      groups: [汽车, 'A&B: x']\n",
    )
    assert load_watchlist(file)[2] == Entity("person", "李想", ("Li Xiang",), ("汽车", "A&B: x"))


def test_add_writes_every_key_that_was_given(file: Path) -> None:
    put(file, COMMENTED)
    new = add(file, "company", "蔚来", context=["李斌", "ES8"], never=["蔚来资本"], sound=False)
    add(file, "product", "豆包", sound=False)
    assert new == Entity("company", "蔚来", (), (), ("李斌", "ES8"), ("蔚来资本",), sound=False)
    assert text_of(file) == (
        COMMENTED.replace(
            "# Li Auto\n", "# Li Auto\n- name: 蔚来\n  context: [李斌, ES8]\n  not: [蔚来资本]\n  sound: off\n"
        ).replace("[Kimi, 'Sora']", "[Kimi, 'Sora', {name: 豆包, sound: off}]")
    )
    assert new in load_watchlist(file)


def test_what_stands_there_of_sound_stays_through_changes_of_others(file: Path) -> None:
    text = "companies:\n  - name: 蔚来\n    sound: 'Off'   # 未来\n  - name: 美团\n    sound: yes\n"
    put(file, text)
    add(file, "company", "360")
    remove(file, "美团")
    assert text_of(file) == text.replace("  - name: 美团\n    sound: yes\n", "  - name: '360'\n")
    assert load_watchlist(file) == (Entity("company", "蔚来", sound=False), Entity("company", "360"))


def test_add_follows_the_manner_of_each_section(file: Path) -> None:
    put(file, COMMENTED)
    add(file, "company", "360")
    add(file, "product", "豆包", ["Doubao"])
    add(file, "organization", "智源研究院")
    assert text_of(file) == (
        COMMENTED.replace("# Li Auto\n", "# Li Auto\n- name: '360'\n")
        .replace("[Kimi, 'Sora']", "[Kimi, 'Sora', {name: 豆包, aliases: [Doubao]}]")
        .replace("# none yet\n", "# none yet\n  - name: 智源研究院\n")
    )


def test_add_to_a_file_without_the_section_or_without_a_last_line_end(file: Path) -> None:
    put(file, "people:\n  - 王兴")
    add(file, "company", "美团")
    assert text_of(file) == "people:\n  - 王兴\n\ncompanies:\n  - name: 美团\n"
    add(put(file, "people:\n  - 王兴"), "person", "李想")
    assert text_of(file) == "people:\n  - 王兴\n  - name: 李想\n"
    add(put(file, ""), "person", "李想")
    assert text_of(file) == "people:\n  - name: 李想\n"
    add(put(file, "people: []\n"), "person", "李想")
    assert text_of(file) == "people: [李想]\n"


def test_add_keeps_windows_line_ends_the_byte_order_mark_and_the_mode(file: Path) -> None:
    file.write_bytes("\ufeffpeople:\r\n  - 王兴\r\n# end\r\n".encode())
    file.chmod(0o640)
    add(file, "person", "李想")
    assert file.read_bytes() == "\ufeffpeople:\r\n  - 王兴\r\n  - name: 李想\r\n# end\r\n".encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["watchlist.yaml"]


def test_behind_a_link_the_file_itself_is_written(tmp_path: Path) -> None:
    real, link = put(tmp_path / "real.yaml", "people:\n  - 王兴\n"), tmp_path / "link.yaml"
    link.symlink_to(real)
    add(link, "person", "李想")
    assert link.is_symlink()
    assert text_of(real) == "people:\n  - 王兴\n  - name: 李想\n"


@pytest.mark.parametrize(
    ("kind", "name", "aliases", "message"),
    [
        ("person", "王 兴", [], "12: 王 兴: is tracked already as person:王兴"),
        ("persons", "李想", [], " persons: unknown kind; known are person, company, product, organization"),
        ("person", " ", [], "is empty"),
        ("person", "李想", ["a\x07b"], " 李想: holds a control character or an invisible one"),
    ],
)
def test_add_refuses(file: Path, kind: str, name: str, aliases: list[str], message: str) -> None:
    put(file, COMMENTED)
    with pytest.raises(ConfigError) as raised:
        add(file, kind, name, aliases)
    assert str(raised.value).endswith(message)
    assert text_of(file) == COMMENTED


def test_remove_takes_the_entry_and_leaves_every_comment_that_stands_apart(file: Path) -> None:
    put(file, COMMENTED)
    assert remove(file, "杨植麟").name == "杨植麟"
    start, end = COMMENTED.index("    - name: 杨"), COMMENTED.index("\n    # the other one")
    assert text_of(file) == COMMENTED[:start] + COMMENTED[end:]
    remove(file, "Kimi")
    remove(file, "理想汽车")
    assert "products: ['Sora']  # two\n" in text_of(file)
    assert "# --- companies ---\ncompanies: []\nproducts" in text_of(file)
    remove(file, "sora")
    assert "products: []  # two\n" in text_of(file)
    assert [entity.name for entity in load_watchlist(file)] == ["王兴"]


def test_what_was_added_last_can_be_removed_again(file: Path) -> None:
    for kind in ("person", "company", "product"):
        put(file, COMMENTED)
        add(file, kind, "新名字", ["a", "b"], ["c"])
        remove(file, "新名字")
        assert text_of(file) == COMMENTED


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("杨植林", "杨植林: is not tracked; did you mean 杨植麟?"),
        ("植麟", "植麟: is no name but an alias of person:杨植麟: take it out of the file by hand"),
        ("xyz", "xyz: is not tracked"),
    ],
)
def test_remove_refuses(file: Path, name: str, message: str) -> None:
    put(file, COMMENTED)
    with pytest.raises(ConfigError) as raised:
        remove(file, name)
    assert str(raised.value) == f"{file}: {message}"


def test_a_name_of_two_kinds_is_removed_by_kind(file: Path) -> None:
    put(file, "people: [豆包]\nproducts: [豆包]\n")
    with pytest.raises(ConfigError, match="stands there as person:豆包 and product:豆包: name the kind too"):
        remove(file, "豆包")
    remove(file, "豆包", "person")
    assert text_of(file) == "people: []\nproducts: [豆包]\n"


@pytest.mark.parametrize("text", ["people: ~\n", "people:\n  -\n    王兴\n"])
def test_what_cannot_be_changed_safely_is_left_alone(file: Path, text: str) -> None:
    put(file, text)
    with pytest.raises(ConfigError, match="change it by hand"):
        if "王兴" in text:
            remove(file, "王兴")
        else:
            add(file, "person", "王兴")
    assert text_of(file) == text


def test_an_edit_that_would_lose_a_name_is_not_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.watchfile.without_entry", lambda document, at: "people: []\n")
    put(file, "people: [王兴, 李想]\n")
    with pytest.raises(ConfigError, match="change it by hand"):
        remove(file, "王兴")
    assert text_of(file) == "people: [王兴, 李想]\n"


def test_a_file_with_problems_is_not_changed(file: Path) -> None:
    put(file, "peple: [王兴]\n")
    with pytest.raises(ConfigError, match="did you mean people"):
        add(file, "person", "李想")
    assert text_of(file) == "peple: [王兴]\n"


NAMES = st.text(
    st.one_of(st.sampled_from(list("王兴李 aB1:#,[]{}'\"&*!|>%@`-?~\\$·.·，")), st.characters(codec="utf-8")),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES, aliases=st.lists(NAMES, max_size=3), kind=st.sampled_from(["person", "company", "product"]))
@example("null", ["no", "1.5"], "product")
@example("a: b", ["x #y"], "company")
@example('it\'s \\ "so"', [], "product")
def test_any_name_that_can_be_added_is_read_back_and_no_comment_is_lost(
    file: Path, name: str, aliases: list[str], kind: str
) -> None:
    put(file, COMMENTED)
    try:
        entity = add(file, kind, name, aliases)
    except ConfigError as error:
        assert "by hand" not in str(error)
        assert text_of(file) == COMMENTED
        return
    assert entity.name == " ".join(name.split())
    assert entity in load_watchlist(file)
    remaining = iter(text_of(file))
    assert all(char in remaining for char in COMMENTED), "the old text is still there, in its order"


def test_import_adds_what_is_new_and_again_nothing(file: Path) -> None:
    put(file, "companies:\n  # cars\n  - 理想汽车\n")
    assert import_csv(file, FIXTURES / "names.csv") == 3
    expected = (
        "companies:\n  # cars\n  - 理想汽车\n\npeople:\n  - name: 季逸超\n    aliases: [Peak, Peak Ji]\n"
        "\nproducts:\n  - name: Sora\n    aliases: ['Sora 2, Turbo']\n\norganizations:\n  - name: 混沌大学\n"
    )
    assert text_of(file) == expected
    assert import_csv(file, FIXTURES / "names.csv") == 0
    assert text_of(file) == expected


@pytest.mark.parametrize(
    "body",
    [
        "kind,name,aliases,groups\n公司,理想汽车,理想|Li Auto,汽车\n".encode("gb18030"),
        "Kind;Name;Aliases;Groups\r\ncompany;理想汽车;理想｜Li Auto;汽车\r\n".encode("utf-8-sig"),
        "kind\tname\taliases\tgroups\ncompany\t理想汽车\t理想 | Li Auto\t汽车\n".encode("utf-16"),
    ],
    ids=["gb18030", "semicolons", "utf-16 tabs"],
)
def test_import_reads_what_spreadsheets_save(file: Path, tmp_path: Path, body: bytes) -> None:
    table = tmp_path / "names.csv"
    table.write_bytes(body)
    assert import_csv(put(file, ""), table) == 1
    assert load_watchlist(file) == (Entity("company", "理想汽车", ("理想", "Li Auto"), ("汽车",)),)


def test_import_names_every_bad_line_and_writes_nothing(file: Path, tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_text('kind,name\nperson,"王\n兴"\nfirm,美团\nperson,\nperson,"a\x07b"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        import_csv(put(file, ""), table)
    lines = [line.removeprefix(str(table)) for line in str(raised.value).splitlines()]
    assert lines[0].startswith(":4: kind: expected person, ")
    assert lines[1] == ":5: name: is empty"
    assert text_of(file) == ""


def test_import_names_a_bad_heading(file: Path, tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_text("kind,naem\nperson,王兴\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        import_csv(put(file, ""), table)
    assert str(raised.value).splitlines() == [
        f"{table}:1: naem: unknown column; did you mean name?",
        f"{table}:1: name: this column is missing",
    ]


@pytest.mark.skipif(not GOLD.exists(), reason="../shared/gold/watchlist.csv is not here")
def test_import_of_the_gold_list(file: Path) -> None:
    assert import_csv(put(file, ""), GOLD) == 75
    entities = load_watchlist(file)
    assert len(entities) == 75
    assert Entity("person", "Ilya Sutskever", ("Ilya", "伊利亚·苏茨克维", "伊利亚")) in entities
    assert Entity("organization", "腾讯新闻", ("潜望",)) in entities
