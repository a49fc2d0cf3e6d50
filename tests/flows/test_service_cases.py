"""Twelve services by what can happen to a message: the recorded state is right in every case, and so is the number of
messages that arrived.

Real sockets: the replica plays the services, tests/mail_server.py the mail. The expectations are written by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import service_urls
from mail_server import MailServer

from flows import outbox
from flows.channels import send
from flows.channels.send import open_channels
from sources.article import Article
from sources.replica import Replica, Sink, World
from warehouse import alerts
from warehouse.rules import Rule
from warehouse.scan.findings import Mention
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
LIN = Entity("person", "林晚舟")

URLS = {name: url for name, url in service_urls.URLS.items() if name != "ntfy"} | {
    "mail": "mailto://reader:mailsecret000111@127.0.0.1:{}?from=tanma@example.com&to=desk@example.com"
}
# What each refuses with for good, and what its words are; what it says when there was too much, and how long it wants
# to be left alone (the delay of ours is a minute at least).
PERMANENT = {
    "dingtalk": (310000, "keywords not in content"),
    "feishu": (19021, "sign match fail"),
    "lark": (19001, "incoming webhook access token invalid"),
    "wecom": (93000, "invalid webhook url"),
    "bark": (400, "failed to get device token"),
    "serverchan": (40001, "bad pushtoken"),
    "wxpusher": (1002, "应用token错误"),
    "slack": (404, "no_team"),
    "discord": (10015, "Unknown Webhook"),
    "telegram": (403, "bot was kicked from the group chat"),
    "mail": (550, "no such user here"),
    "webhook": (410, "410"),
}
RATE: dict[str, tuple[int, int]] = {
    "dingtalk": (130101, 10),
    "feishu": (11232, 1),
    "lark": (9499, 1),
    "wecom": (45009, 1),
    "bark": (429, 2),
    "serverchan": (40011, 60),
    "wxpusher": (1008, 1),
    "slack": (429, 2),
    "discord": (429, 2),
    "telegram": (429, 2),
    "mail": (451, 1),
    "webhook": (429, 2),
}


@dataclass(frozen=True)
class Case:
    """`first`: state and messages that arrived after one pass; `mended`: after the service is well and time went by."""

    first: tuple[str, int]
    mended: tuple[str, int]


CASES = {
    "accepted": Case(("sent", 1), ("sent", 1)),
    "refused for good": Case(("failed", 0), ("failed", 0)),
    "refused for rate": Case(("pending", 0), ("sent", 1)),
    "500": Case(("pending", 0), ("sent", 1)),
    "timeout before accepting": Case(("pending", 0), ("sent", 1)),
    # A yes that nobody heard: the one message that is repeated rather than lost.
    "timeout after accepting": Case(("pending", 1), ("sent", 2)),
    "reset before accepting": Case(("pending", 0), ("sent", 1)),
    "reset after accepting": Case(("pending", 1), ("sent", 2)),
    "garbage": Case(("pending", 0), ("sent", 1)),
}


class Scene:
    """The services, a warehouse, and a clock that only goes on."""

    def __init__(self, replica: Replica, mail: MailServer, wh: Warehouse) -> None:
        self.sink, self.mail, self.wh = replica.sink, mail, wh
        self.now = NOW
        self.channels = open_channels({n: url.format(mail.port) for n, url in URLS.items()}, replica.rewrite)

    def arrived(self, service: str) -> int:
        if service == "mail":
            return len(self.mail.received)
        return sum(received.service == service for received in self.sink.received)

    def mend(self) -> None:
        self.sink.mend()
        self.mail.go_on.set()
        self.mail.mend()

    def prepare(self, service: str, case: str) -> None:
        if service == "mail":
            self._prepare_mail(case)
        elif case == "refused for good":
            self.sink.refuse(service, PERMANENT[service][0])
        elif case == "refused for rate":
            code = RATE[service][0]
            if service == "bark":
                self.sink.fail(service, 429, retry_after=120)
            else:
                self.sink.refuse(service, code, retry_after=120)
        elif case == "500":
            self.sink.fail(service, 500)
        elif case.startswith("timeout"):
            self.sink.slow(service, 1.0, accepting=case.endswith("after accepting"))
        elif case.startswith("reset"):
            self.sink.hang_up(service, after_accepting=case.endswith("after accepting"), times=None)
        elif case == "garbage":
            self.sink.garble(service, b"<html>please log in to this network</html>")

    def _prepare_mail(self, case: str) -> None:
        self.mail.accepts = case == "accepted" or case.endswith("after accepting")
        if case == "refused for good":
            self.mail.rejects = {"desk@example.com": "550 5.1.1 no such user here"}
        elif case == "refused for rate":
            self.mail.answer = "451 4.7.1 too many messages, try again later"
        elif case == "500":
            self.mail.greeting = "421 4.3.2 shutting down"
        elif case.startswith("timeout"):
            self.mail.silent.set()
        elif case.startswith("reset"):
            self.mail.resets = True
        elif case == "garbage":
            self.mail.answer = "<html>please log in to this network</html>"

    def raise_one(self, story: str, channel: str) -> None:
        one = Article(
            story, "36kr", "36氪", "article", f"https://36kr.com/p/{len(story)}", f"标题 {story}", "林晚舟。", (),
            self.now, "minute",
        )  # fmt: skip
        named = Mention(LIN.entity_id, "林晚舟", 0, 3, "name", 0.98, "body", "林晚舟说会开源。", "")
        with self.wh.transaction() as con:
            con.execute(
                """INSERT INTO core.articles BY NAME SELECT ? AS article_id, '36kr' AS source, '36氪' AS outlet,
                       'article' AS kind, ? AS url, ? AS title, [] AS authors, ?::TIMESTAMPTZ AS published_at,
                       'minute' AS published_precision, ?::TIMESTAMPTZ AS first_seen_at, ?::TIMESTAMPTZ AS updated_at,
                       1 AS chars, 'zh' AS language, '' AS byline, '' AS chrome, ? AS story_id, 'lead' AS relation,
                       1 AS version, '' AS content_hash""",
                [story, one.url, one.title, self.now, self.now, self.now, story],
            )
            alerts.raise_alerts(
                con, [Rule("now", (), (channel,), "now")], story_id=story, article=one, version=1, mentions=[named],
                entities={LIN.entity_id: LIN}, first_seen_at=self.now, now=self.now, source_first_run=False,
                force=False, timezone=SHANGHAI,
            )  # fmt: skip

    def deliver(self) -> None:
        delivery = outbox.Delivery(
            self.wh, self.channels, (), language="zh", timezone=SHANGHAI, now=lambda: self.now, jitter=lambda: 0.0
        )
        asyncio.run(delivery.run())

    def state(self, story: str) -> Any:
        rows = self.wh.con.execute(
            "SELECT status, next_attempt_at, last_error FROM core.alerts WHERE story_id = ?", [story]
        ).fetchall()
        assert len(rows) == 1
        return rows[0]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("cases")
    with (
        pytest.MonkeyPatch.context() as patch,
        Replica(World(NOW), Sink()) as replica,
        MailServer() as mail,
        Warehouse.open(folder / "data", holder="test", now=NOW, timezone=SHANGHAI) as wh,
    ):
        patch.setattr(send, "READ_TIMEOUT", 0.4)
        patch.setattr(send, "MAIL_TIMEOUT", 0.4)
        wh.sync_entities((LIN,), NOW)
        yield Scene(replica, mail, wh)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("service", URLS)
def test_each_service_in_each_case(scene: Scene, service: str, case: str) -> None:
    scene.now += timedelta(days=1)
    scene.mend()
    before, story, expected = scene.arrived(service), f"{service}:{case}", CASES[case]
    if case == "garbage" and service == "webhook":
        # Anybody's own endpoint: whatever it says, 2xx is its yes.
        expected = Case(("sent", 0), ("sent", 0))
    scene.raise_one(story, service)
    scene.prepare(service, case)
    scene.deliver()
    status, next_attempt, error = scene.state(story)
    assert (status, scene.arrived(service) - before) == expected.first, error
    if status == "pending":
        assert next_attempt == scene.now + timedelta(minutes=RATE[service][1] if case == "refused for rate" else 1)
    else:
        assert next_attempt is None
    if case == "refused for good":
        code, words = PERMANENT[service]
        assert words in error and (str(code) in error or service == "discord")
    assert not any(f"{part}000111" in (error or "") for part in ("secret", "secret-", "secret_"))
    scene.mend()
    scene.now += timedelta(hours=2)
    scene.deliver()
    assert (scene.state(story)[0], scene.arrived(service) - before) == expected.mended
