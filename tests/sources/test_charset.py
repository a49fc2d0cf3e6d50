"""Bytes to text. The characters 祎 喆 镕 are outside GB2312, 𠮷 is outside GBK: names are written with them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.charset import decode

NAMES = "陈祎、刘喆、朱镕、𠮷野"
TAIWAN = "臺灣記者的報導"
# Every two of these characters are six bytes of UTF-8 that GB18030 reads as three others without complaint.
EVEN = "今天公司发布产品市场数据"
LONG = "这一页用的是统一码，虽然它的标签说的是别的编码。"


@pytest.mark.parametrize("label", ["gb2312", "GBK", "gb18030", "x-gbk", "GB_2312-80", "cp936"])
def test_every_chinese_label_means_gb18030(label):
    assert decode(NAMES.encode("gb18030"), f"text/html; charset={label}") == NAMES
    assert decode(f'<meta charset="{label}">{NAMES}'.encode("gb18030")) == f'<meta charset="{label}">{NAMES}'


@pytest.mark.parametrize(
    "head",
    [
        "<meta charset=big5>",
        "<META CHARSET='big5'/>",
        '<meta http-equiv="Content-Type" content="text/html; charset=big5" />',
        '<?xml version="1.0" encoding="Big5"?>',
        "<!-- <meta charset='shift_jis'> --><meta charset='big5'>",
        " " * 6100 + "<meta charset=big5>",
    ],
)
def test_a_declaration_in_the_first_six_kilobytes_counts(head):
    assert decode((head + TAIWAN).encode("big5"), "text/html") == head + TAIWAN


def test_a_declaration_further_down_does_not():
    text = " " * 6144 + "<meta charset=big5>" + NAMES
    assert decode(text.encode("gb18030")) == text


def test_gbk_means_gb18030_before_anything_else_is_tried():
    assert decode("<meta charset=iso-8859-1>𠮷".encode("gb18030"), "charset=gbk") == "<meta charset=iso-8859-1>𠮷"


def test_big5_and_japanese_by_label():
    assert decode("臺灣的記者喆".encode("big5hkscs"), "text/html; charset=big5") == "臺灣的記者喆"
    assert decode("<meta charset=shift_jis>東京の記者".encode("cp932")) == "<meta charset=shift_jis>東京の記者"


def test_the_header_stands_above_the_page():
    text = "<meta charset=gbk>臺灣"
    assert decode(text.encode("big5"), 'text/html; charset="big5"') == text


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_stands_above_all(codec):
    assert decode(("\ufeff" + NAMES).encode(codec), "text/html; charset=gb2312") == NAMES


def test_a_label_that_does_not_fit_falls_to_the_next():
    assert decode(NAMES.encode("gb18030"), "text/html; charset=utf-8") == NAMES
    assert decode(b"<meta charset=utf-8>" + NAMES.encode("gb18030")) == "<meta charset=utf-8>" + NAMES
    assert decode(b"<meta charset=gbk>" + LONG.encode(), "text/html; charset=big5") == "<meta charset=gbk>" + LONG


def test_without_a_label_utf8_is_tried_and_then_gb18030():
    assert decode(NAMES.encode()) == NAMES
    assert decode(NAMES.encode("gb18030")) == NAMES


def test_plain_utf8_is_known_whatever_the_label_says():
    for label in ("gb2312", "big5", "iso-8859-1", "shift_jis"):
        assert decode(LONG.encode(), f"text/html; charset={label}") == LONG
        assert decode(EVEN.encode(), f"text/html; charset={label}") == EVEN


def test_a_western_label_does_not_swallow_chinese():
    assert decode(b"<meta charset=gb2312>" + NAMES.encode("gb18030"), "text/html; charset=ISO-8859-1").endswith(NAMES)
    assert decode("café".encode(), "text/html; charset=iso-8859-1") == "café"
    assert decode("café – “noir”".encode("cp1252"), "text/html; charset=iso-8859-1") == "café – “noir”"


@pytest.mark.parametrize(
    "label", ["hex", "base64", "rot13", "utf-7", "unicode_escape", "punycode", "idna", "nonsense", "-"]
)
def test_labels_that_no_browser_knows_are_not_heard(label):
    assert decode(NAMES.encode(), f"text/html; charset={label}") == NAMES


def test_a_page_that_can_be_read_does_not_declare_utf16():
    assert decode("<meta charset=utf-16>喆".encode()) == "<meta charset=utf-16>喆"  # 24 bytes: UTF-16 would fit


def test_one_character_cut_in_half_does_not_cost_the_others():
    body = (LONG * 100).encode() + b"\xe7\x8e" + (LONG * 100).encode()
    assert decode(body, "text/html; charset=utf-8") == LONG * 200
    body = EVEN.encode() + b"\xe7\x8e"
    assert body.decode("gb18030")  # the strict reading would be another, and wrong from end to end
    assert decode(body, "text/html; charset=utf-8") == EVEN


def test_what_nothing_fits_is_read_by_the_candidate_that_loses_least():
    body = NAMES.encode("gb18030") + b"\xff\xff" + NAMES.encode("gb18030")
    assert decode(body, "text/html; charset=gbk") == NAMES * 2
    body = TAIWAN.encode("big5") + b"\xff\xff" + TAIWAN.encode("big5")
    assert decode(body, "text/html; charset=big5") == TAIWAN * 2


def test_nul_and_replacement_characters_are_taken_out():
    assert decode("a\x00b\ufffd祎".encode()) == "ab祎"


@settings(deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(["", "text/html; charset=gbk", "charset=utf-16", "charset=big5", "charset=hz"]),
)
def test_any_bytes_become_clean_text(body, content_type):
    text = decode(body, content_type)
    assert "\ufffd" not in text
    assert "\x00" not in text
    text.encode("utf-8")  # no lone surrogates: the text can be stored


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00\ufffd\ufeff"), max_size=200)
)
def test_what_is_labelled_rightly_comes_back_whole(text):
    assert decode(text.encode(), "text/plain; charset=utf-8") == text
