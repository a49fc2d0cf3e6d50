"""content_key: the same hash as its definition gives, however it is computed."""

from __future__ import annotations

import hashlib
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.article import content_key


def defined(text: str) -> str:
    """NFKC, casefold, and of that the letters, digits and marks alone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(char for char in folded if unicodedata.category(char)[0] in "LNM")
    return hashlib.sha256(kept.encode("utf-8", "surrogatepass")).hexdigest()


ODD = "áéÅ각ﬁﷺ㍿①½Ⅷ２Ａｱﾞ가각ᄀ1⁄2İıßẞΣςſK゛゜〆々〇①⒈ꙮ\u0301\u0327\u0323\u09be\u0345\u200d\ufe0f\u3164\u180e\x00\ud800\udfff\n \u3000，。🏳️‍🌈👨‍👩‍👧"
ANY = (
    st.text(st.characters(codec=None), max_size=40)  # type: ignore[arg-type]
    | st.text(st.sampled_from(ODD), max_size=12)
    | st.text(st.sampled_from("探马ab1 ，\n\u0301" + ODD), max_size=60)
)


@settings(max_examples=300)
@given(ANY)
@example("")
@example("e\u0301")  # composes
@example("e\u0323\u0301")  # is put in order first
@example("\u0301\u0323e")
@example("\u1100\u1161\u11a8")  # three letters, one syllable
@example("ㄱㅏ")  # so do their look-alikes of other blocks
@example("ﾡￂ")
@example("ｶ\uff9e")  # composes once it is of full width
@example("e，\u0301")  # the mark belongs to the comma
@example("\u212b\u0323")
@example("\u0958\u0345\u1f80ΑΙ")
@example("\ud83d\ude00 \ud83d")
def test_it_is_what_its_definition_says(text: str) -> None:
    assert content_key(text) == defined(text)


def test_it_is_so_of_every_character_alone_and_between_letters() -> None:
    """In blocks, those that may join their neighbours by themselves: one of them changes how a whole text is read."""
    for start in range(0, 0x32000, 1024):
        block = [chr(code) for code in range(start, start + 1024)]
        plain = [c for c in block if unicodedata.category(c)[0] != "M" and unicodedata.category(c) != "Cn"]
        calm = [
            c for c in plain if unicodedata.normalize("NFKC", f"ka{c}ka") == f"ka{unicodedata.normalize('NFKC', c)}ka"
        ]
        assert content_key("文".join(calm)) == defined("文".join(calm)), f"in the block from {start:x}"
        for char in set(block) - set(calm) if len(plain) < len(block) else ():
            assert content_key(f"文{char}a") == defined(f"文{char}a"), f"{ord(char):x}"


def test_texts_that_differ_in_width_case_spaces_and_marks_of_punctuation_alone_are_equal() -> None:
    assert content_key("Ａ股 收盘：涨1.5%。") == content_key("a股收盘，涨１５")
    assert content_key("涨15") != content_key("涨16")
    assert content_key("軟體") != content_key("软体")  # scripts differ: near, told by warehouse/same
