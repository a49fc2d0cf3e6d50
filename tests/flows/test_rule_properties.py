"""Whatever stands under `alerts:`, it is rules that can be kept, or a ConfigError that names each slip."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.config import load_config
from flows.configkeys import AtLeast, QuietKeys, RuleItem
from flows.selection import Selection
from flows.yamlfile import known_keys
from sources.errors import ConfigError
from warehouse.schedule import due
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 1, 5, 45, tzinfo=UTC)  # a quarter of an hour before New York sets its clocks back
ENTITIES = (Entity("person", "杨植麟", groups=("大模型",)), Entity("company", "理想汽车", aliases=("理想",)))

TEXTS = st.one_of(
    st.sampled_from(
        ["all", "大模型", "杨植麟", "people", "desk", "terminal", "now", "daily 09:00", "weekly sun 1:30", "monthly 31 9:00",
         "0 9 L * *", "* * * * *", "23:00-08:00", "08:00-08:00", "sat", "6h", "0s", "9999d", "0.8", "nan", "1e400", "true",
         "urgent", "36氪", "３６氪", "@all", "ou_1", "Asia/Shanghai", "Nowhere", "", " ", "${S}", "\0", "<at>"]
    ),
    st.text(max_size=12),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-1, 10**9), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from([*known_keys(AtLeast), *known_keys(QuietKeys), "other"]), inner, max_size=3),
    ),
    max_leaves=6,
)
# What is mostly right, so that rules come out of it, and what is not.
RIGHT = {
    "for": st.lists(st.sampled_from(["all", "大模型", "杨植麟", "companies", "nobody"]), min_size=1, max_size=3),
    "to": st.sampled_from(["terminal", "desk"]),
    "when": st.sampled_from(["now", "daily 01:30", "weekly sun 01:30", "monthly last 09:00", "30 1-3 * * *"]),
    "quiet": st.sampled_from(["23:00-08:00", {"days": ["sat", "sun"]}, {"hours": "01:00-02:00", "days": ["sun"]}]),
    "timezone": st.sampled_from(["America/New_York", "Europe/Berlin"]),
    "at_least": st.sampled_from([{"confidence": 0.9}, {"mentions": 3, "central": True}]),
    "outlets": st.sampled_from([["36氪"], "虎嗅"]),
    "not_outlets": st.sampled_from([["ZAKER"], "虎嗅"]),
    "cooldown": st.just("6h"),
    "severity": st.sampled_from(["info", "urgent"]),
    "mention": st.just(["ou_1"]),
    "max_age": st.just("12h"),
    "name": st.sampled_from(["a", "b"]),
}
ITEMS = st.one_of(
    st.fixed_dictionaries({}, optional=RIGHT),
    st.dictionaries(st.one_of(st.sampled_from(known_keys(RuleItem)), st.text(max_size=6)), VALUES, max_size=5),
    VALUES,
)


def test_what_is_mostly_right_has_every_key() -> None:
    assert set(RIGHT) == set(known_keys(RuleItem))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.one_of(st.lists(ITEMS, max_size=3), VALUES))
@example(items=[{"quiet": {"hours": None, "days": None}}])
@example(items=[{"at_least": None, "mention": [], "outlets": None, "cooldown": None, "timezone": None}])
def test_any_rules_can_be_kept_or_are_told_what_is_wrong(tmp_path: Path, items: Any) -> None:
    file = tmp_path / "tanma.yaml"
    text = json.dumps({"channels": {"desk": "json://localhost"}, "alerts": items}, ensure_ascii=False)
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        rules = load_config(file, {"S": "json://localhost"}).rules
    except ConfigError as error:
        assert error.problems
        assert len(str(error).splitlines()) == len(error.problems)
        assert all(problem.key.startswith("alerts") or not problem.key for problem in error.problems), str(error)
        return
    assert len({rule.name for rule in rules}) == len(rules) >= 1
    for rule in map(Selection(ENTITIES).resolved, rules):
        assert set(rule.channels) <= {"desk", "terminal"} and rule.channels
        moment = due(rule, NOW, ZoneInfo("Asia/Shanghai"))
        assert moment >= NOW if rule.when == "now" else moment > NOW
        assert rule.cooldown >= timedelta(0) and rule.max_age > timedelta(0)
        assert 0 <= rule.min_confidence <= 1 <= rule.min_mentions
