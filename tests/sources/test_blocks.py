"""What a reader sees, paragraph by paragraph: where one ends, and what is left out with all that is in it."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.blocks import clean_text, html_paragraphs, nfkc, paragraphs, parse_html, text_of


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("甲<div>乙</div>丙", ["甲", "乙", "丙"]),
        ("<span>甲<div>乙</div></span>丙", ["甲", "乙", "丙"]),
        ("<b>甲<p>乙</p></b><i>丙</i>丁", ["甲", "乙", "丙丁"]),
        ("<div><div><div>甲</div></div></div>乙", ["甲", "乙"]),
        ("<p>甲<span hidden>乙<b>丙</b></span>丁</p>", ["甲丁"]),
        ("<p>甲<span style='DISPLAY: NONE'>乙</span>丁</p>", ["甲丁"]),
        ("甲<div hidden><p>乙</p></div>丙", ["甲", "丙"]),
        ("<p>甲<script>x<p>y</script>乙</p><style>z</style>", ["甲乙"]),
        ("<table><tr><td>甲</td><td>乙</td></tr><tr><td>丙</td><td></td></tr></table>丁", ["甲 乙", "丙", "丁"]),
        ("<ul><li>甲<li>乙<ul><li>丙</ul>丁</ul>", ["甲", "乙", "丙", "丁"]),
        ("甲<br>乙<hr>丙", ["甲", "乙", "丙"]),
        ("甲<!-- 注 -->乙<template><p>丙</p></template>", ["甲乙"]),
    ],
)
def test_where_paragraphs_end(html: str, lines: list[str]) -> None:
    assert html_paragraphs(html) == lines


def test_dropped_subtrees_go_with_all_that_is_in_them() -> None:
    tree = parse_html("<div id=a>甲<section>乙<p>丙</p></section>丁<p>戊</p><section>己</section></div>")
    node = tree.css_first("#a")
    drop = {found.mem_id for found in tree.css("section")}
    assert paragraphs(node, drop) == ["甲", "丁", "戊"]
    assert text_of(node, drop) == "甲 丁 戊"


def test_what_is_asked_for_is_read_though_it_is_hidden() -> None:
    tree = parse_html("<div id=a hidden>甲<p hidden>乙</p></div><p>丙</p>")
    assert paragraphs(tree.css_first("#a")) == ["甲"]
    assert paragraphs(None) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  甲 ", "甲"),
        ("甲  乙", "甲 乙"),
        ("甲\ufffd乙\ufffc", "甲乙"),
        ("甲\u3000乙", "甲 乙"),
        ("甲\t乙", "甲 乙"),
        ("\u200b\n甲\n", "甲"),
        ("a\nb", "a b"),
        ("甲\n乙", "甲乙"),
        ("\x07", ""),
    ],
)
def test_a_line_is_one_line_without_what_nobody_sees(text: str, line: str) -> None:
    assert clean_text(text) == line


def test_lone_surrogates_and_nul_are_no_obstacle() -> None:
    assert html_paragraphs("<p>甲\ud800\x00乙</p>") == ["甲乙"]


@pytest.mark.parametrize("nest", ["<div>", "<span>", "<span><div>", "<b><i>", "<ul><li>", "<table><tr><td>"])
def test_depth_costs_no_time(nest: str) -> None:
    start = time.process_time()
    assert html_paragraphs(nest * (4000 // nest.count("<")) + "深") == ["深"]
    assert time.process_time() - start < 2


@given(
    st.text(st.sampled_from("作者：，（）！？｜／…％＋＝～；\u3000\xa0 aA１ﾊﾟﾞe\u0301\u1100\u1161①⽂℃中文丨")) | st.text()
)
def test_the_quick_way_to_half_width_is_the_standards(text: str) -> None:
    assert nfkc(text) == unicodedata.normalize("NFKC", text)
