"""Every outlet against its own pages, as a pass reads them: lists, refs, articles. Form of a case: sources/fixtures.py."""

from __future__ import annotations

import pytest
from outlet_cases import CASES, Case, cases

from sources.fixtures import problems


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_its_lists_and_articles_are_read_as_a_person_reads_them(case: Case) -> None:
    found = problems(case)
    assert not found, "\n".join(found)


def test_no_fixture_holds_a_replacement_character() -> None:
    folder = CASES.parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 40
    assert [path.name for path in files if b"\xef\xbf\xbd" in path.read_bytes()] == []
