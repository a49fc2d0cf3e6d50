from __future__ import annotations

from warehouse.scan.snippet import LIMIT, snippet


def test_it_is_the_sentence() -> None:
    text = "前一句。王兴 今天\u3000没有来！后一句。"
    start = text.index("王兴")
    assert snippet(text, start, start + 2) == "王兴 今天 没有来！"


def test_a_long_sentence_is_cut_around_the_name() -> None:
    text = "铺垫，" * 100 + "王兴来了，" + "余波，" * 100
    start = text.index("王兴")
    cut = snippet(text, start, start + 2)
    assert "王兴来了" in cut
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert len(cut) <= LIMIT + 2


def test_a_paragraph_is_a_boundary() -> None:
    text = "标题\n王兴\n结尾"
    assert snippet(text, 3, 5) == "王兴"
