"""Moments and spans of time as operators type them.

A moment is one of
  2026-11-25T12:30:00Z, 2026-11-25 12:30, 2026-11-25    ISO 8601; UTC unless an offset is given
  10m, 2h30m, "1d ago"                                  before now
  now, today, yesterday                                 days begin at midnight UTC
  boot+12.5s, boot+1h                                   on the board's clock, since its start
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .errors import UsageError

UNIT_US = {
    "us": 1,
    "ms": 1000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
DAY_US = UNIT_US["d"]
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SPAN = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(us|ms|s|m|h|d)", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,6})d )?(\d{1,3}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?", re.ASCII)
EXPECTED = (
    "a time such as 2026-11-25T12:30:00Z, 10m or '2h ago' (before now), now, today, yesterday"
)


@dataclass(frozen=True)
class Moment:
    """A moment in microseconds: of UTC since 1970, or (board) of the board's clock since its
    start."""

    us: int
    board: bool = False


def parse_span(text: str) -> int | None:
    """Microseconds of a span such as 90s, 1h30m, 12.5s; None for anything else."""
    at, total_us = 0, 0
    while at < len(text):
        match = _SPAN.match(text, at)
        if not match:
            return None
        whole, _, part = match[1].partition(".")
        unit = UNIT_US[match[2]]
        total_us += int(whole) * unit + int(part.ljust(6, "0") or "0") * unit // 1_000_000
        at = match.end()
    return total_us if text else None


def parse_board_time(text: str) -> int | None:
    """Microseconds of a board time: a span, or as tables show it (1d 02:03:04.000005); boot+ may
    stand before. None for anything else."""
    text = text.removeprefix("boot+")
    match = _CLOCK.fullmatch(text)
    if not match:
        return parse_span(text)
    day, hour, minute, second = (int(part or 0) for part in match.groups()[:4])
    fraction = int((match[5] or "").ljust(6, "0"))
    return ((day * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction


def parse_moment(text: str, now_us: int) -> Moment:
    """The moment that an operator means. Raises UsageError."""
    text = text.strip()
    if text.startswith("boot+"):
        us = parse_board_time(text)
        if us is not None:
            return Moment(us, board=True)
    else:
        us = _utc(text, now_us)
        if us is not None:
            return Moment(us)
    raise UsageError(f"{text!r} is not {EXPECTED}, or boot+12.5s")


def parse_utc(text: str, now_us: int) -> int | None:
    """Microseconds of a moment of UTC since 1970; None for anything else."""
    return _utc(text.strip(), now_us)


def _utc(text: str, now_us: int) -> int | None:
    midnight = now_us - now_us % DAY_US
    words = {"now": now_us, "today": midnight, "yesterday": midnight - DAY_US}
    if text.lower() in words:
        return words[text.lower()]
    span = parse_span(text.removesuffix(" ago").strip())
    if span is not None:
        return now_us - span
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - EPOCH) // timedelta(microseconds=1)
