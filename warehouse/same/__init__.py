"""Whether two texts tell the same thing: pure functions of the two, so that grouping by them does not depend on the
order in which articles come.

wording (what counts of a text) → fingerprints (what finds texts that may be alike) → compare (whether they are) with
facts (what sets a template's texts apart).
"""

from __future__ import annotations

from warehouse.same.compare import Likeness, likeness
from warehouse.same.fingerprints import enough, fingerprints
from warehouse.same.wording import Wording, wording

__all__ = ["Likeness", "Wording", "enough", "fingerprints", "likeness", "wording"]
