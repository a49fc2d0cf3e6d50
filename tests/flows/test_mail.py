"""Mail over a real SMTP conversation: what arrives, and what each answer of the server means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from mail_server import MailServer

from flows.channels import send
from flows.channels.message import Channel, Message, Severity
from flows.channels.render import render
from flows.channels.send import open_channel
from flows.channels.services import UNCLEAR
from sources.errors import ChannelBusy, ChannelRefused
from warehouse.alertviews import AlertView

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
VIEW = AlertView(
    "a1", "person:林晚舟", "林晚舟", "rule", "desk", "s1", "36kr:1", "新模型 <b>&amp;", "36氪",
    "https://36kr.com/p/1?a=b&c=d", NOW, "minute", "name", 0.98, "林晚舟", "今天林晚舟说会开源。",
)  # fmt: skip
URL = "mailto://reader:mailsecret000111@127.0.0.1:{}?from=tanma@example.com&to=desk@example.com"


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> Iterator[MailServer]:
    running.received.clear()
    running.recipients.clear()
    yield running
    running.go_on.set()
    running.mend()


def message(channel: Channel, severity: Severity = "info") -> Message:
    (one,) = render(
        [VIEW], channel.limit, language="zh", timezone=ZoneInfo("Asia/Shanghai"), now=NOW, severity=severity
    )
    return one


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_mail_is_html_with_plain_text_beside_it(server: MailServer) -> None:
    channel = open_channel("mail", URL.format(server.port), {})
    channel.send(message(channel))
    (mail,) = server.received
    assert mail["Subject"] == "【林晚舟】新模型 ＜b＞&amp; — 36氪 14:00"
    assert mail.get_content_type() == "multipart/alternative"
    assert (mail["From"].addresses[0].addr_spec, mail["To"]) == ("tanma@example.com", "desk@example.com")
    page = part(mail, "html")
    assert "今天<b>林晚舟</b>说会开源。<br>\n" in page
    assert '<a href="https://36kr.com/p/1?a=b&amp;c=d">https://36kr.com/p/1?a=b&amp;c=d</a>' in page
    plain = part(mail, "plain")
    assert "今天林晚舟说会开源。" in plain and "https://36kr.com/p/1?a=b&c=d" in plain
    assert "<" not in plain
    assert mail["Importance"] is None


def test_plain_text_where_it_is_asked_for(server: MailServer) -> None:
    channel = open_channel("mail", URL.format(server.port) + "&format=text", {})
    channel.send(message(channel))
    (mail,) = server.received
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == ["今天「林晚舟」说会开源。", "https://36kr.com/p/1?a=b&c=d"]


def test_an_urgent_mail_says_so(server: MailServer) -> None:
    channel = open_channel("mail", URL.format(server.port), {})
    channel.send(message(channel, "urgent"))
    (mail,) = server.received
    assert mail["Subject"].startswith("【紧急】【林晚舟】")
    assert mail["Importance"] == "high"


@pytest.mark.parametrize(
    ("where", "answer", "error", "code"),
    [
        ("login", "535 5.7.8 wrong password", ChannelRefused, "535"),
        ("login", "454 4.7.0 try later", ChannelBusy, "454"),
        ("answer", "552 5.3.4 too big", ChannelRefused, "552"),
        ("answer", "451 4.7.1 greylisted", ChannelBusy, "451"),
        ("greeting", "554 5.7.1 you are blocked", ChannelRefused, "554"),
        ("greeting", "421 4.3.2 shutting down", ChannelBusy, "421"),
        ("answer", "hello there", ChannelBusy, UNCLEAR),
        ("greeting", "hello there", ChannelBusy, UNCLEAR),
    ],
)
def test_what_an_answer_means(
    server: MailServer, where: str, answer: str, error: type[ChannelBusy | ChannelRefused], code: str
) -> None:
    setattr(server, where, answer)
    channel = open_channel("mail", URL.format(server.port), {})
    with pytest.raises(error) as caught:
        channel.send(message(channel))
    assert caught.value.code == code
    assert code == UNCLEAR or answer[4:] in str(caught.value)
    assert "mailsecret" not in str(caught.value)


def test_refused_for_one_of_two_is_told_and_not_repeated(server: MailServer) -> None:
    server.rejects = {"gone@example.com": "550 5.1.1 no such user here"}
    url = URL.format(server.port) + "&cc=gone@example.com"
    channel = open_channel("mail", url, {})
    with pytest.raises(ChannelRefused, match=r"550 5\.1\.1 no such user here; some recipients have the mail"):
        channel.send(message(channel))
    assert server.recipients == [["desk@example.com"]]


def test_a_server_that_does_not_do_tls(server: MailServer) -> None:
    url = URL.format(server.port).replace("mailto:", "mailtos:")
    channel = open_channel("mail", url, {})
    with pytest.raises(ChannelRefused, match="STARTTLS"):
        channel.send(message(channel))


def test_a_slow_server_is_waited_for(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "MAIL_TIMEOUT", 0.3)
    server.silent.set()
    channel = open_channel("mail", URL.format(server.port), {})
    with pytest.raises(ChannelBusy, match=r"no answer from 127\.0\.0\.1 in time; the message may have arrived"):
        channel.send(message(channel))
    assert len(server.received) == 1
