"""Many alerts at once, written in bulk as loading would leave them: each of a story and an article of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from warehouse.store import Warehouse
from warehouse.watchlist import Entity

LIN = Entity("person", "林晚舟")


def raise_many(wh: Warehouse, numbers: Sequence[int], *channels: str, at: datetime, rule: str = "now") -> None:
    """For each number, story s0001 and so on, raised a millisecond after each other and due at once."""
    with wh.transaction() as con:
        con.execute(
            """INSERT INTO core.articles BY NAME
               SELECT printf('s%04d', n) AS article_id, '36kr' AS source, '36氪' AS outlet, 'article' AS kind,
                      printf('https://36kr.com/p/s%04d', n) AS url, printf('标题s%04d', n) AS title, [] AS authors,
                      $now AS published_at, 'minute' AS published_precision, $now AS first_seen_at, $now AS updated_at,
                      1 AS chars, 'zh' AS language, '' AS byline, '' AS chrome, printf('s%04d', n) AS story_id,
                      'lead' AS relation, 1 AS version, '' AS content_hash
               FROM (SELECT unnest($numbers::INTEGER[]) AS n)""",
            {"now": at, "numbers": list(numbers)},
        )
        con.execute(
            """INSERT INTO core.mentions BY NAME
               SELECT printf('s%04d', n) AS article_id, 1 AS version, $who AS entity_id, '林晚舟' AS surface,
                      0 AS start_char, 3 AS end_char, 'name' AS how, 0.98 AS confidence, 'body' AS role,
                      printf('林晚舟在第%d条新闻里说，这件事还要再等一等，到明年春天才会有结果。', n) AS snippet, '' AS reason
               FROM (SELECT unnest($numbers::INTEGER[]) AS n)""",
            {"who": LIN.entity_id, "numbers": list(numbers)},
        )
        con.execute(
            """INSERT INTO core.alerts BY NAME
               SELECT md5(printf('%d %s', n, channel))[:16] AS alert_id, $now + n * INTERVAL 1 MILLISECOND AS created_at,
                      $who AS entity_id, printf('s%04d', n) AS story_id, printf('s%04d', n) AS article_id, 1 AS version,
                      $rule AS rule, channel, 'pending' AS status, 0 AS attempts, $now AS next_attempt_at
               FROM (SELECT unnest($numbers::INTEGER[]) AS n), (SELECT unnest($channels::TEXT[]) AS channel)""",
            {"who": LIN.entity_id, "numbers": list(numbers), "channels": list(channels), "rule": rule, "now": at},
        )
