"""`sent` means that the channel said yes."""

from __future__ import annotations

from collections import Counter

DINGTALK = ("feishu://demo-desk", "dingtalk://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")


def statuses(stage) -> Counter[str]:
    return Counter(status for (status,) in stage.sql("SELECT status FROM alerts WHERE status <> 'suppressed'"))


def test_a_message_that_the_robot_refuses_for_good_is_not_sent(stage) -> None:
    stage.reconfigure(*DINGTALK)
    stage.replica.sink.refuse("dingtalk", 310000)
    summary = stage.run()
    assert not summary.ok
    assert summary.delivered.failed and not summary.delivered.sent
    counts = statuses(stage)
    assert counts["sent"] == 0 and counts["failed"] > 0
    [(error,)] = stage.sql("SELECT DISTINCT last_error FROM alerts WHERE status = 'failed'")
    assert "310000" in error and DINGTALK[1].split("//")[1] not in error


def test_a_robot_that_is_too_busy_is_tried_again_and_hears_each_story_once(stage) -> None:
    stage.reconfigure(*DINGTALK)
    stage.replica.sink.refuse("dingtalk", 130101, times=1)
    first = stage.run()
    assert first.delivered.retried == 1 and first.delivered.failed == 0
    assert statuses(stage)["sent"] < 20
    for _ in range(3):
        stage.later(hours=2)
        stage.run()
    assert statuses(stage) == {"sent": 20}
    texts = [message.text for message in stage.replica.sink.received]
    assert len(texts) == len(set(texts)) == 10


def test_alerts_to_the_terminal_when_no_channel_is_configured(stage, capsys) -> None:
    stage.reconfigure("channels:\n  desk: feishu://demo-desk\nalerts:\n  - {for: all, to: [desk], when: now}\n", "")
    assert stage.run().ok
    printed = capsys.readouterr().out
    assert "宇树科技在南屏镇试办机器人邮路" in printed and "月之暗面" in printed
    assert statuses(stage) == {"sent": 20}
