"""watchlist.yaml as it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.watchfile import load_watchlist
from sources.errors import ConfigError
from warehouse.watchlist import Entity

EXAMPLE = Path(__file__).parents[2] / "deployments" / "watchlist.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.yaml"


def put(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8", newline="")
    return file


def problems_of(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load_watchlist(file)
    return [line.removeprefix(f"{file}:") for line in str(raised.value).splitlines()]


def test_sections_and_keys(file: Path) -> None:
    put(
        file,
        "people:\n  - name: 杨植麟\n    aliases: [Yang Zhilin, 植麟]\n    groups: [大模型]\n  - 王兴\n"
        "companies:\n  - {name: 理想汽车, aliases: 理想, context: [增程], not: [理想主义]}\n"
        "products: [Kimi]\norganizations:\n",
    )
    assert load_watchlist(file) == (
        Entity("person", "杨植麟", ("Yang Zhilin", "植麟"), ("大模型",)),
        Entity("person", "王兴"),
        Entity("company", "理想汽车", ("理想",), (), ("增程",), ("理想主义",)),
        Entity("product", "Kimi"),
    )


@pytest.mark.parametrize(
    ("written", "sound"),
    [("off", False), ("Off", False), ("false", False), ("no", False), ("'off'", False), ('"NO"', False),
     ("on", True), ("true", True), ("yes", True), ("'on'", True)],
)  # fmt: skip
def test_sound_is_switched_off_and_on_in_every_spelling_of_yaml(file: Path, written: str, sound: bool) -> None:
    put(file, f"companies:\n  - name: 蔚来\n    sound: {written}\n  - 理想汽车\n")
    assert [entity.sound for entity in load_watchlist(file)] == [sound, True]


def test_names_that_other_yaml_readers_take_for_something_else(file: Path) -> None:
    put(file, "companies: [360, 58, 007, NO, yes, 2024-01-01, 1e3, .5, 0x1F, 1_000, 12:30, 'null', \"~\", True]\n")
    names = ["360", "58", "007", "NO", "yes", "2024-01-01", "1e3", ".5", "0x1F", "1_000", "12:30", "null", "~", "True"]
    assert [entity.name for entity in load_watchlist(file)] == names


def test_repeated_aliases_and_spaces_are_tidied(file: Path) -> None:
    put(file, "people:\n  - name: 'Lu   Jiang '\n    aliases: [蒋路, 蒋路, Lu Jiang]\n    groups: [a, a]\n")
    assert load_watchlist(file) == (Entity("person", "Lu Jiang", ("蒋路",), ("a",)),)


@pytest.mark.parametrize("text", ["", "# nothing\n", "people:\n", "people: []\ncompanies:\n"])
def test_an_empty_list_is_allowed(file: Path, text: str) -> None:
    assert load_watchlist(put(file, text)) == ()


NOTHING = "nothing stands here; null, ~ and all after a # mean nothing in YAML: as names they go into quotes"

BAD = {
    "unknown section": ("peple:\n  - 王兴\n", ["1: peple: unknown key; did you mean people?"]),
    "unknown key": (
        "people:\n  - name: 王兴\n    alias: [x]\n",
        ["3: people[0].alias: unknown key; did you mean aliases?"],
    ),
    "a list without sections": ("- 王兴\n", ["1: expected the sections people, companies, products and organizations"]),
    "a section that is a name": ("people: 王兴\n", ["1: people: expected a list of names: `- 杨植麟`, one a line"]),
    "no name": (
        "people:\n  - aliases: [x]\n",
        ["2: people[0]: name is missing: expected the name as it mostly stands in the news"],
    ),
    "nothing where a name belongs": (
        "people:\n  - 王兴\n  -\n  - name:\n  - name: null\n  - name: ''\n",
        [
            f"3: people[1]: {NOTHING}",
            f"4: people[2].name: {NOTHING}",
            f"5: people[3].name: {NOTHING}",
            "6: people[4].name: is empty",
        ],
    ),
    "empty and hidden aliases": (
        "people:\n  - name: 王兴\n    aliases:\n      - 兴\n      - ''\n      - \"a\\u200bb\"\n      - [x]\n",
        [
            "5: people[0].aliases[1]: is empty",
            "6: people[0].aliases[2]: holds a control character or an invisible one",
            "7: people[0].aliases[3]: expected a text, not a list",
        ],
    ),
    "the same name twice": (
        "people:\n  - 王兴\ncompanies:\n  - Li Auto\n  - 王兴\n  - name: ＬＩ auto\n",
        ["6: companies[2]: ＬＩ auto stands here twice: first in line 4"],
    ),
    "a full-width colon": (
        "people:\n  - name：王兴\n",
        ["2: people[0]: looks like a key: write it with a half-width colon and a space after it"],
    ),
    "no space after the colon": (
        "people:\n  - name:王兴\n",
        ["2: people[0]: looks like a key: write it with a half-width colon and a space after it"],
    ),
    "sound that is neither on nor off": (
        "people:\n  - name: 王兴\n    sound: maybe\n  - name: 李想\n    sound:\n  - {name: 余凯, sound: [off]}\n",
        [
            "3: people[0].sound: expected on or off, not `maybe`",
            "5: people[1].sound: expected on or off, not nothing",
            "6: people[2].sound: expected on or off, not a list",
        ],
    ),
    "sound with a full-width colon": (
        "people:\n  - sound：off\n",
        ["2: people[0]: looks like a key: write it with a half-width colon and a space after it"],
    ),
    "a group called all": (
        "people:\n  - {name: 王兴, groups: [all]}\n",
        ["2: people[0].groups: `all` stands for every name: give the group another name"],
    ),
    "a name that begins with a sign": (
        "companies:\n  - *ST康美\n",
        ["2: anchors (&) and aliases (*) are not read here; a text that begins with * goes into quotes"],
    ),
    "a name that begins with &": (
        "companies:\n  - &pizza 比萨\n",
        ["2: anchors (&) and aliases (*) are not read here; a text that begins with & goes into quotes"],
    ),
    "a name that begins with @": (
        "products:\n  - @cosme\n",
        ["2: is not valid YAML here: indent with spaces, not tabs; a text that begins with @ ` or % goes into quotes"],
    ),
    "section twice": (
        "people: [王兴]\npeople: [李想]\n",
        ["2: people: stands here twice: first in line 1"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD.keys())
def test_each_problem_is_named_with_line_key_and_remedy(file: Path, text: str, expected: list[str]) -> None:
    assert problems_of(put(file, text)) == expected


def test_a_missing_file_names_its_remedy(file: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load_watchlist(file)
    assert str(raised.value) == f"{file}: there is no such file; `tanma init` writes an example"


def test_no_substitution_in_names(file: Path) -> None:
    assert load_watchlist(put(file, "companies: ['A$$AP', '${X}']\n"))[0].name == "A$$AP"


WORDS = st.sampled_from(
    [*"[]{}:,-#&*!|>'\"%@`?~\n\t", "\n  - ", ": ", "people", "companies", "name", "aliases", "not", "王兴", "null", "\x00",
     "\n", "  ", "\u200b", "360", "\x85", "---"]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=25).map("".join)))
@example("people:\n- ? [a]\n")
@example("{? {? a} : b}")
def test_no_text_raises_anything_but_a_config_error(file: Path, text: str) -> None:
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        for entity in load_watchlist(file):
            assert entity.name.strip()
    except ConfigError as error:
        assert error.problems


def test_the_example_reads_as_it_is() -> None:
    entities = load_watchlist(EXAMPLE)
    assert [entity.name for entity in entities if "大模型" in entity.groups] == [
        "杨植麟", "闫俊杰", "月之暗面", "MiniMax", "Kimi", "智源研究院",
    ]  # fmt: skip
    assert Entity("person", "王兴") in entities
    assert [entity.name for entity in entities if not entity.sound] == ["蔚来"]
