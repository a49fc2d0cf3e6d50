"""What holds of every text: typed errors alone, nothing invented, nothing lost."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.dumps import read_dump, take_apart
from sources.dumps.lines import clean
from sources.errors import Blocked, Gone, NotAnArticle
from sources.times import CHINA

DUMPS = Path(__file__).parent.parent / "fixtures" / "dumps"
NOW = datetime(2026, 3, 11, 15, 30, tzinfo=CHINA)

# Pieces of real structure beside arbitrary text: random characters alone never look like a page.
PIECES = st.sampled_from(
    [
        *(line for path in sorted(DUMPS.glob("*.txt")) for line in path.read_text("utf-8").split("\n")),
        "http://[",
        "https://36kr.com/p/1",
        "URL: http://localhost:x/",
        "Title:",
        "标题：一",
        "a · 99999 years",
        "9999-99-99 99:99",
        "#" * 300,
        "，" * 300,
        "赞" * 200,
        "share " * 100,
        "Q：吗？",
        "A：好。",
        "《" * 40,
        "——End——",
        "\x00\ud800\ufffd",
    ]
)
LINES = st.lists(st.one_of(PIECES, st.text(max_size=60)), max_size=30)
TEXTS = st.one_of(st.text(max_size=400), LINES.map("\n".join))


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_any_text_gives_articles_or_a_typed_error(text: str) -> None:
    try:
        articles = read_dump(text, name="dump.txt", taken_at=NOW)
    except (NotAnArticle, Gone, Blocked) as error:
        assert "dump.txt" in str(error)
        return
    assert articles
    lines = set(clean(text))
    for article in articles:
        assert article.text and article.title
        assert set(article.text.split("\n")) <= lines, "every line of the text stands in the dump"
        assert set(article.byline.split("\n")) <= lines | {""}
        assert "\ufffd" not in article.text and len(article.chrome) <= 4000
        article.text.encode("utf-8")


@given(LINES)
@settings(max_examples=300, deadline=None)
def test_no_line_is_lost_or_doubled(lines: list[str]) -> None:
    cleaned = clean("\n".join(lines))
    dump = take_apart(cleaned, now=NOW)
    placed = Counter(dump.around)
    for part in dump.parts:
        page = part.page
        placed.update([*page.body, *page.title_lines, *page.byline, *page.chrome])
    assert placed == Counter(cleaned)


@pytest.mark.parametrize("path", sorted(DUMPS.glob("*.txt")), ids=lambda path: path.stem)
def test_every_line_of_a_fixture_has_its_place(path: Path) -> None:
    cleaned = clean(path.read_text("utf-8"))
    dump = take_apart(cleaned, now=NOW)
    placed = Counter(dump.around)
    for part in dump.parts:
        page = part.page
        placed.update([*page.body, *page.title_lines, *page.byline, *page.chrome])
    assert placed == Counter(cleaned)


@given(st.sampled_from(sorted(DUMPS.glob("*.txt"))), st.data())
@settings(max_examples=60, deadline=None)
def test_reading_does_not_depend_on_blank_lines(path: Path, data: st.DataObject) -> None:
    lines = path.read_text("utf-8").split("\n")
    blanks = data.draw(st.lists(st.integers(0, len(lines)), max_size=10))
    for at in sorted(blanks, reverse=True):
        lines.insert(at, " \t")
    results = []
    for text in (path.read_text("utf-8"), "\n".join(lines)):
        try:
            results.append(read_dump(text, name="a", taken_at=NOW))
        except (NotAnArticle, Gone, Blocked) as error:
            results.append([type(error)])
    assert results[0] == results[1]
