"""The sink: limits, safety settings, what it is told to do, and the journal."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sources.replica import Replica, Sink, World

EPOCH = datetime(2026, 11, 21, 15, 0, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = EPOCH

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replica(clock: Clock) -> Iterator[Replica]:
    with Replica(World(EPOCH), Sink(clock=clock)) as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=5, trust_env=False) as browser:
        yield browser


DING = ("oapi.dingtalk.com", "/robot/send?access_token=abc", {"msgtype": "text", "text": {"content": "探马：王兴兴"}})
FEISHU = ("open.feishu.cn", "/open-apis/bot/v2/hook/f-1", {"msg_type": "text", "content": {"text": "杨植麟"}})
WECOM = ("qyapi.weixin.qq.com", "/cgi-bin/webhook/send?key=k", {"msgtype": "text", "text": {"content": "宇树科技"}})


def send(client: httpx.Client, replica: Replica, host: str, path: str, body: object) -> httpx.Response:
    return client.post(replica.base(host) + path, json=body)


def test_dingtalk_locks_for_ten_minutes_after_the_21st_message_of_a_minute(client: httpx.Client, clock: Clock) -> None:
    with Replica(World(EPOCH), Sink(limits=True, clock=clock)) as replica:
        for _ in range(20):
            assert send(client, replica, *DING).json()["errcode"] == 0
            clock.now += timedelta(seconds=2)
        assert send(client, replica, *DING).json()["errcode"] == 130101
        locked_at = clock.now
        other = (DING[0], "/robot/send?access_token=other", DING[2])
        assert send(client, replica, *other).json()["errcode"] == 0  # the lock is the robot's own
        clock.now = locked_at + timedelta(minutes=9, seconds=59)
        assert send(client, replica, *DING).json()["errcode"] == 130101
        clock.now = locked_at + timedelta(minutes=10)
        assert send(client, replica, *DING).json()["errcode"] == 0
        assert len(replica.sink.received) == 22


def test_wecom_takes_20_in_any_minute_and_feishu_5_a_second(client: httpx.Client, clock: Clock) -> None:
    with Replica(World(EPOCH), Sink(limits=True, clock=clock)) as replica:
        for _ in range(20):
            assert send(client, replica, *WECOM).json()["errcode"] == 0
        assert send(client, replica, *WECOM).json()["errcode"] == 45009
        clock.now += timedelta(seconds=60)
        assert send(client, replica, *WECOM).json()["errcode"] == 0
        for _ in range(5):
            assert send(client, replica, *FEISHU).json()["code"] == 0
        assert send(client, replica, *FEISHU).json()["code"] == 11232
        clock.now += timedelta(seconds=1)
        assert send(client, replica, *FEISHU).json()["code"] == 0


def test_lengths_are_counted_in_bytes(client: httpx.Client, clock: Clock) -> None:
    with Replica(World(EPOCH), Sink(limits=True, clock=clock)) as replica:

        def wecom(kind: str, content: str) -> int:
            answer = send(client, replica, WECOM[0], WECOM[1], {"msgtype": kind, kind: {"content": content}})
            return answer.json()["errcode"]

        assert wecom("markdown", "字" * 1365 + "a") == 0  # 4,096 bytes
        assert wecom("markdown", "字" * 1366) == 40058  # 4,098
        assert wecom("text", "字" * 682 + "aa") == 0  # 2,048
        assert wecom("text", "字" * 683) == 40058  # 2,049
        ding = {"msgtype": "text", "text": {"content": "字" * 6667}}  # 20,001 bytes
        assert send(client, replica, DING[0], DING[1], ding).json()["errcode"] == 460101


def test_without_limits_a_robot_takes_everything(replica: Replica, client: httpx.Client) -> None:
    for _ in range(25):
        assert send(client, replica, *DING).json()["errcode"] == 0


def test_keyword_and_signature_of_dingtalk(replica: Replica, client: httpx.Client) -> None:
    replica.sink.secure("dingtalk", "abc", keyword="探马", secret="SECx")
    unsigned = send(client, replica, *DING).json()
    assert (unsigned["errcode"], unsigned["errmsg"]) == (310000, "sign not match")

    def sign(moment: datetime) -> dict[str, str]:
        stamp = str(int(moment.timestamp() * 1000))
        digest = hmac.new(b"SECx", f"{stamp}\nSECx".encode(), hashlib.sha256).digest()
        return {"access_token": "abc", "timestamp": stamp, "sign": base64.b64encode(digest).decode()}

    signed = sign(EPOCH)
    url = replica.base(DING[0]) + "/robot/send"
    assert client.post(url, params=signed, json=DING[2]).json()["errcode"] == 0
    wrong_word = client.post(url, params=signed, json={"msgtype": "text", "text": {"content": "王兴兴"}}).json()
    assert wrong_word["errcode"] == 310000 and wrong_word["errmsg"].startswith("keywords not in content")
    for seconds, code in ((3599, 0), (3601, 310000)):
        stale = sign(EPOCH - timedelta(seconds=seconds))
        assert client.post(url, params=stale, json=DING[2]).json()["errcode"] == code


def test_signature_of_feishu(replica: Replica, client: httpx.Client) -> None:
    replica.sink.secure("feishu", "f-1", secret="s3")
    host, path, body = FEISHU
    assert send(client, replica, host, path, body).json()["code"] == 19021
    stamp = str(int(EPOCH.timestamp()))
    digest = hmac.new(f"{stamp}\ns3".encode(), b"", hashlib.sha256).digest()
    signed = {**body, "timestamp": stamp, "sign": base64.b64encode(digest).decode()}
    assert send(client, replica, host, path, signed).json()["code"] == 0


def test_orders_are_carried_out_one_after_the_other(replica: Replica, client: httpx.Client) -> None:
    replica.sink.refuse("dingtalk", 130101, times=1)
    replica.sink.fail("dingtalk", 503, times=1, retry_after=4)
    replica.sink.hang_up("dingtalk", after_accepting=False)
    replica.sink.hang_up("dingtalk", after_accepting=True)
    assert send(client, replica, *DING).json()["errcode"] == 130101
    down = send(client, replica, *DING)
    assert (down.status_code, down.headers["retry-after"]) == (503, "4")
    for expected in (0, 1):  # lost on the way, then accepted though no answer came
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            send(client, replica, *DING)
        assert len(replica.sink.received) == expected
    assert send(client, replica, *DING).json()["errcode"] == 0
    assert [a.answer for a in replica.sink.attempts] == [
        "refused 130101",
        "failed 503",
        "hung up",
        "accepted and hung up",
        "accepted",
    ]


def test_an_order_without_end_is_withdrawn(replica: Replica, client: httpx.Client) -> None:
    replica.sink.refuse("dingtalk", 310000)
    for _ in range(3):
        assert send(client, replica, *DING).json()["errcode"] == 310000
    replica.sink.mend("dingtalk")
    assert send(client, replica, *DING).json()["errcode"] == 0


def test_a_slow_service_has_accepted_before_it_answers(replica: Replica, client: httpx.Client) -> None:
    replica.sink.slow("dingtalk", 30, times=1)
    with pytest.raises(httpx.ReadTimeout):
        client.post(replica.base(DING[0]) + DING[1], json=DING[2], timeout=0.3)
    assert len(replica.sink.received) == 1


def test_the_journal_is_read_back(tmp_path: Path, client: httpx.Client) -> None:
    journal = tmp_path / "deep" / "received.jsonl"
    with Replica(World(EPOCH), Sink(journal)) as replica:
        send(client, replica, *DING)
        send(client, replica, *FEISHU)
        first = replica.sink.received
    rows = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert [(row["service"], row["token"], row["text"]) for row in rows] == [
        ("dingtalk", "abc", "探马：王兴兴"),
        ("feishu", "f-1", "杨植麟"),
    ]
    with journal.open("ab") as file:
        file.write(b'{"service": "feishu", "tok')  # the process died in the middle of a line
    with Replica(World(EPOCH), Sink(journal)) as replica:
        assert replica.sink.received == first
        assert replica.sink.attempts == ()
        send(client, replica, *DING)
    assert len(Sink(journal).received) == 3
    journal.write_bytes(b"not ours\n")
    with pytest.raises(ValueError, match=r"received\.jsonl:1: not a line"):
        Sink(journal)


def test_the_journal_holds_every_yes_over_kill_9(tmp_path: Path, client: httpx.Client) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from datetime import UTC, datetime
        from pathlib import Path
        from sources.replica import Replica, Sink, World
        replica = Replica(World(datetime.now(UTC)), Sink(Path(sys.argv[1]))).start()
        print(replica.port, flush=True)
        time.sleep(60)
        """
    )
    journal = tmp_path / "received.jsonl"
    answered = 0
    for round_number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(journal)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}/oapi.dingtalk.com/robot/send?access_token=abc"
        began = time.monotonic()
        try:
            while True:
                if time.monotonic() - began > 0.15:
                    os.kill(process.pid, signal.SIGKILL)
                    began += 60
                answer = client.post(url, json={"msgtype": "text", "text": {"content": f"{answered}"}})
                assert answer.json()["errcode"] == 0
                answered += 1
        except httpx.TransportError:
            pass
        finally:
            process.kill()
            process.wait(timeout=10)
            process.stdout.close()
        kept = [received.text for received in Sink(journal).received]
        # Each yes is kept, in order; beside them at most one message a kill whose yes did not get out.
        assert list(dict.fromkeys(kept))[:answered] == [f"{number}" for number in range(answered)]
        assert answered <= len(kept) <= answered + round_number + 1
    assert answered > 10
