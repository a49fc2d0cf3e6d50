"""The labelled sentences: at least these scores, with plain substring search beside ours."""

from __future__ import annotations

import pytest
from labelled import Score, alerted, by_substring, sentences, watchlist

from warehouse.scan import Lexicon


@pytest.mark.parametrize(
    ("kind", "precision", "recall", "trapped"), [("articles", 0.97, 0.97, 0.03), ("transcripts", 0.95, 0.92, 0.03)]
)
def test_scores(kind: str, precision: float, recall: float, trapped: float) -> None:
    entities = watchlist(kind)
    lexicon = Lexicon.compile(entities)
    ours, substring = Score(), Score()
    wrong = []
    for sentence in sentences(kind):
        found = alerted(lexicon, sentence.article)
        ours.add(sentence.wanted, found, sentence.traps)
        substring.add(sentence.wanted, by_substring(entities, sentence.article), sentence.traps)
        if found != sentence.wanted:
            wrong.append(f"line {sentence.number}: {sorted(found)} for {sorted(sentence.wanted)}")
    print(f"\n{kind}: ours      {ours}\n{kind}: substring {substring}")
    assert ours.precision >= precision, wrong
    assert ours.recall >= recall, wrong
    assert ours.trapped <= trapped * ours.traps, wrong
    assert substring.precision < 0.8
