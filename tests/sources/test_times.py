"""Every spelling of a publish time that outlets use, read by hand against one moment: Wednesday 2026-03-11 15:30 +08:00."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.times import CHINA, GRACE, id_time, read_time, time_in

NOW = datetime(2026, 3, 11, 15, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("raw", "at", "precision"),
    [
        ("刚刚", "2026-03-11T15:30:00", "minute"),
        ("just now", "2026-03-11T15:30:00", "minute"),
        ("30秒前", "2026-03-11T15:29:30", "second"),
        ("5分钟前", "2026-03-11T15:25:00", "minute"),
        ("3小时前", "2026-03-11T12:30:00", "hour"),
        ("３ 小时前", "2026-03-11T12:30:00", "hour"),
        ("半小时前", "2026-03-11T15:00:00", "hour"),
        ("1个半小时前", "2026-03-11T14:00:00", "hour"),
        ("十二小时前", "2026-03-11T03:30:00", "hour"),
        ("2天前", "2026-03-09T15:30:00", "day"),
        ("两周前", "2026-02-25T15:30:00", "day"),
        ("一个月前", "2026-02-11T15:30:00", "month"),
        ("3年前", "2023-03-11T15:30:00", "year"),
        ("今天", "2026-03-11T00:00:00", "day"),
        ("今天 09:10", "2026-03-11T09:10:00", "minute"),
        ("今天09:10", "2026-03-11T09:10:00", "minute"),
        ("昨天 12:30", "2026-03-10T12:30:00", "minute"),
        ("昨天", "2026-03-10T00:00:00", "day"),
        ("前天 08:05", "2026-03-09T08:05:00", "minute"),
        ("大前天 08:05", "2026-03-08T08:05:00", "minute"),
        ("1 小时 20 分钟前", "2026-03-11T14:10:00", "minute"),
        ("Dec 28 Sat 2013 00:28", "2013-12-28T00:28:00", "minute"),
        ("昨天 下午3:05", "2026-03-10T15:05:00", "minute"),
        ("03月05日", "2026-03-05T00:00:00", "day"),
        ("6月14日", "2025-06-14T00:00:00", "day"),
        ("3月12日", "2025-03-12T00:00:00", "day"),
        ("2月29日", "2024-02-29T00:00:00", "day"),
        ("12-25 10:11", "2025-12-25T10:11:00", "minute"),
        ("03-05 10:11", "2026-03-05T10:11:00", "minute"),
        ("24-03-05", "2024-03-05T00:00:00", "day"),
        ("2024年3月5日 10:11", "2024-03-05T10:11:00", "minute"),
        ("2024年03月05日10:11", "2024-03-05T10:11:00", "minute"),
        ("2024年3月5日", "2024-03-05T00:00:00", "day"),
        ("2024-03-05 10:11:12", "2024-03-05T10:11:12", "second"),
        ("2024/3/5 10:11", "2024-03-05T10:11:00", "minute"),
        ("2024.03.05", "2024-03-05T00:00:00", "day"),
        ("发布时间：2024-03-05 10:11", "2024-03-05T10:11:00", "minute"),
        ("上周三", "2026-03-04T00:00:00", "day"),
        ("上周日", "2026-03-08T00:00:00", "day"),
        ("本周二", "2026-03-10T00:00:00", "day"),
        ("周五", "2026-03-06T00:00:00", "day"),
        ("2025-07-15 11:05:44  +0800", "2025-07-15T11:05:44", "second"),
        ("2024-03-05T10:11:12Z", "2024-03-05T18:11:12", "second"),
        ("2024-03-05T10:11:12.345+09:00", "2024-03-05T09:11:12", "second"),
        ("Mon, 20 Oct 2025 08:19:29 GMT", "2025-10-20T16:19:29", "second"),
        ("Mon, 20 Oct 2025 08:19:29 -0500", "2025-10-20T21:19:29", "second"),
        ("1741660000", "2025-03-11T10:26:40", "second"),
        ("1741660000000", "2025-03-11T10:26:40", "second"),
        ("3 hours ago", "2026-03-11T12:30:00", "hour"),
        ("an hour ago", "2026-03-11T14:30:00", "hour"),
        ("20 days", "2026-02-19T15:30:00", "day"),
        ("2 months", "2026-01-11T15:30:00", "month"),
        ("3 weeks ago", "2026-02-18T15:30:00", "day"),
        ("1 year", "2025-03-11T15:30:00", "year"),
        ("5h", "2026-03-11T10:30:00", "hour"),
        ("yesterday", "2026-03-10T00:00:00", "day"),
        ("March 5, 2024", "2024-03-05T00:00:00", "day"),
        ("5 March 2024", "2024-03-05T00:00:00", "day"),
        ("Mar 5th, 2024 at 3:04 PM", "2024-03-05T15:04:00", "minute"),
        ("2024年3月", "2024-03-01T00:00:00", "month"),
        ("2024", None, None),
        ("2024年", "2024-01-01T00:00:00", "year"),
    ],
)
def test_a_spelling_is_read(raw: str, at: str | None, precision: str | None) -> None:
    read = read_time(raw, now=NOW)
    if at is None:
        assert read is None
        return
    assert read == (datetime.fromisoformat(at).replace(tzinfo=CHINA), precision)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  ",
        "明天",
        "三家公司",
        "3",
        "12",
        "2024-13-45",
        "2026-07-15 11:05",
        "1985-01-01",
        "1989年12月31日",
        "99999小时前",
        "9999年前",
        "2026-03-13",
        "25:61",
        "昨天的事",
        "x" * 500,
        "631123200000",
    ],
)
def test_what_is_no_time_or_cannot_be_is_none(raw: str) -> None:
    assert read_time(raw, now=NOW) is None


def test_a_clock_that_runs_ahead_by_hours_is_forgiven_and_one_by_days_is_not() -> None:
    assert read_time("2026-03-12 10:00", now=NOW) == (datetime(2026, 3, 12, 10, tzinfo=CHINA), "minute")
    assert read_time("2026-03-12 15:31", now=NOW) is None


def test_relative_days_are_counted_in_china_wherever_now_was_taken() -> None:
    late_in_utc = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)  # 01:00 on the 11th in China
    assert read_time("昨天", now=late_in_utc) == (datetime(2026, 3, 10, tzinfo=CHINA), "day")


def test_a_naive_now_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="aware"):
        read_time("昨天", now=datetime(2026, 3, 11))


@pytest.mark.parametrize(
    ("line", "before", "apart"),
    [
        ("混沌大学 3小时前", "混沌大学", True),
        ("虎嗅APP·昨天", "虎嗅APP·", True),
        ("原创 张三 极客公园 2024年03月05日 10:11 北京", "原创 张三 极客公园", True),
        ("发表于2024-03-05", "发表于", True),
        ("昨天凌晨，一个模型开源了", "", False),
        ("3天前还在裁员", "", False),
    ],
)
def test_a_time_in_a_line(line: str, before: str, apart: bool) -> None:
    found = time_in(line, now=NOW)
    assert found is not None
    assert (found.before, found.apart) == (before, apart)


def test_a_name_that_ends_with_a_numeral_is_no_part_of_the_time() -> None:
    found = time_in("张三 半小时前", now=NOW)
    assert found is not None and (found.at, found.before) == (NOW - timedelta(minutes=30), "张三")


def test_a_number_in_a_line_is_no_time() -> None:
    assert time_in("readonline · 20 days", now=NOW) is None
    assert time_in("第3章 共12-25页", now=NOW) is None


def test_ids_carry_a_lower_bound() -> None:
    assert id_time("36kr:3532943217940873") == datetime(2025, 10, 31, 18, 15, 41, 329000, tzinfo=CHINA)
    assert id_time("3532943217940873") == id_time("36kr:3532943217940873")
    assert id_time("zaker:65f0000000000000000000ab") == datetime(2024, 3, 12, 15, 10, 56, tzinfo=CHINA)
    assert id_time("qq:20201130A0G1JJ00") == datetime(2020, 11, 30, tzinfo=CHINA)
    for other in (
        "36kr:5123456",
        "url:1234567890123456",
        "text:3532943217940873",
        "wechat:a:1:1",
        "qq:20201399A0G1JJ00",
        "",
    ):
        assert id_time(other) is None


@given(st.text(max_size=90))
def test_any_text_is_a_time_in_bounds_or_none(raw: str) -> None:
    read = read_time(raw, now=NOW)
    assert read is None or (read[0].tzinfo is not None and read[0].year >= 1990 and read[0] <= NOW + GRACE)
    time_in(raw, now=NOW)
    id_time(raw)


@given(st.datetimes(min_value=datetime(1991, 1, 1), max_value=datetime(2026, 3, 11)))
def test_what_is_printed_in_full_comes_back(at: datetime) -> None:
    at = at.replace(microsecond=0, tzinfo=CHINA)
    for raw in (
        at.isoformat(),
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"{at:%Y年%m月%d日 %H:%M:%S}",
        f"{at:%Y-%m-%d %H:%M:%S}  +0800",
    ):
        assert read_time(raw, now=NOW) == (at, "second")


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=364)))
def test_a_date_without_a_year_is_the_latest_that_is_not_ahead(back: timedelta) -> None:
    at = (NOW - back).replace(second=0, microsecond=0)
    assert read_time(f"{at:%m-%d %H:%M}", now=NOW) == (at, "minute")
