"""Moments and spans of time as operators type them, and UTC of the board's clock.

A moment is one of
  2026-11-25T12:30:00Z, 2026-11-25 12:30, 2026-11-25    ISO 8601; UTC unless an offset is given
  10m, 2h30m, "1d ago"                                  before now
  now, today, yesterday                                 days begin at midnight UTC
  boot+12.5s, boot+1h                                   on the board's clock, since its start
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from typing import Any

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
MOST_US = 1 << 62  # that a database can hold, whatever is added
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
        if us is not None and abs(us) < MOST_US:
            return Moment(us, board=True)
    else:
        us = _utc(text, now_us)
        if us is not None and abs(us) < MOST_US:
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


def may_lie_between(row: Mapping[str, Any], since: Moment | None, until: Moment | None) -> bool:
    """Whether a row of a log may lie between two moments: as far as its error bound says; one whose
    UTC is not known goes by its reception. A gap always may."""
    if row["kind"] == "gap":
        return True
    for moment, sign in ((since, 1), (until, -1)):
        if moment is None:
            continue
        if moment.board:
            at, error = row["time_us"], 0
        elif row["utc_us"] is None:
            at, error = row["received_us"], 0
        else:
            at, error = row["utc_us"], row["utc_error_us"]
        if at is None or (at - moment.us) * sign + error < 0:
            return False
    return True


@dataclass(frozen=True)
class Sample:
    """The board's clock was at board_us at some moment of sent_us .. sent_us + rtt_us (UTC)."""

    sent_us: int
    board_us: int
    rtt_us: int


# No crystal that flies is further off its rate; steps of a clock are told from drift by it.
MAX_DRIFT = 200e-6
# Both clocks are read in whole microseconds: so much each reading may be off.
RESOLUTION_US = 1
# An estimate that is worse than this is none.
MAX_ERROR_US = 3_600_000_000
# The most by which clocks of stations that share an archive may differ.
LIFE_SLACK_US = 10_000_000
# Samples kept for a fit: the newest, of which each stands for the best of its neighbours.
MAX_SAMPLES = 256


class Correlation:
    """UTC of a boot's board times, from round trips.

    The offset comes from the samples with the smallest round trips, the drift from them by least
    squares. The error bound is not statistical: as long as both clocks run evenly, within MAX_DRIFT
    of each other, and the ground's is right, the truth is within it. Each sample holds the true line
    between two points; two lines differ most at the ends of an interval, so between two samples the
    error is at most the larger of those at the two, and outside it grows by what the slope may be
    off.

    Where a clock was stepped, the samples before the step are forgotten (stepped_us tells how far).
    """

    def __init__(self, samples: Iterable[Sample]) -> None:
        """samples: in the order in which they were taken, which UTC does not tell: it may have been
        stepped back."""
        self.stepped_us = 0
        self.since_us = 0  # UTC of the first sample after the step; 0: there was none
        self.life_since_us = 0  # the same of a new start under the same boot id
        kept: list[Sample] = []
        for sample in samples:
            step = clock_step(kept[-1], sample) if kept else 0
            if kept and is_new_life(kept[-1], sample):
                self.life_since_us = sample.sent_us
            if step:
                self.stepped_us, self.since_us = step, sample.sent_us
                kept = []
            kept.append(sample)
        self._samples = _thinned(sorted(kept, key=lambda s: s.board_us))
        if self._samples:
            self._fit()

    def _fit(self) -> None:
        samples = self._samples
        least = min(sample.rtt_us for sample in samples)
        good = [sample for sample in samples if sample.rtt_us <= 2 * least]
        self._origin = good[0].board_us
        points = [(s.board_us - self._origin, s.sent_us + s.rtt_us / 2 - s.board_us) for s in good]
        base = points[0][1]
        mean_x = sum(x for x, _ in points) / len(points)
        mean_y = sum(y - base for _, y in points) / len(points)
        spread = sum((x - mean_x) ** 2 for x, _ in points)
        slope = sum((x - mean_x) * (y - base - mean_y) for x, y in points) / spread if spread else 0
        self._drift = min(MAX_DRIFT, max(-MAX_DRIFT, slope))
        self._offset = base + mean_y - self._drift * mean_x
        self._slope_error = self._bound_of_slope()
        self._times = [sample.board_us for sample in samples]
        errors: list[float] = [self._error_at(sample) for sample in samples]
        self._left: list[float] = list(accumulate(errors, _smaller))
        self._right: list[float] = list(accumulate(errors[::-1], _smaller))[::-1]
        # What is left of each bound when it is followed to the first, and to the last sample.
        ends = (self._times[0], self._times[-1])
        grown = self._slope_error
        self._before = min(e + (t - ends[0]) * grown for e, t in zip(errors, self._times))
        self._after = min(e + (ends[1] - t) * grown for e, t in zip(errors, self._times))

    def _line(self, board_us: int) -> float:
        return board_us + self._offset + self._drift * (board_us - self._origin)

    def _error_at(self, sample: Sample) -> float:
        """The most that the line and the truth can differ at a sample."""
        line = self._line(sample.board_us)
        return max(abs(line - sample.sent_us), abs(sample.sent_us + sample.rtt_us - line))

    def _bound_of_slope(self) -> float:
        """The most that the line's slope and the true one can differ."""
        low: float = -MAX_DRIFT
        high: float = MAX_DRIFT
        first = min(self._samples[: len(self._samples) // 2 + 1], key=lambda s: s.rtt_us)
        for other in self._samples:
            span = other.board_us - first.board_us
            if span <= 0:
                continue
            moved = other.sent_us - first.sent_us - span
            low = max(low, (moved - first.rtt_us - 2 * RESOLUTION_US) / span)
            high = min(high, (moved + other.rtt_us + 2 * RESOLUTION_US) / span)
        return max(abs(high - self._drift), abs(self._drift - low))

    def __bool__(self) -> bool:
        return bool(self._samples)

    @property
    def last_us(self) -> int:
        """Board time of the newest sample; 0: there is none."""
        return self._samples[-1].board_us if self._samples else 0

    @property
    def drift_ppm(self) -> float:
        """How much faster UTC goes than the board's clock, in parts per million."""
        return self._drift * 1e6 if self._samples else 0.0

    def utc(self, board_us: int) -> tuple[int | None, int | None]:
        """(UTC, error bound) of a board time in microseconds; (None, None) where nothing useful is
        known."""
        if not self._samples:
            return None, None
        if board_us < self._times[0]:
            error = self._before + (self._times[0] - board_us) * self._slope_error
        elif board_us > self._times[-1]:
            error = self._after + (board_us - self._times[-1]) * self._slope_error
        else:
            at = bisect_left(self._times, board_us)
            error = max(self._left[at - (self._times[at] != board_us)], self._right[at])
        if error > MAX_ERROR_US:
            return None, None
        return round(self._line(board_us)), math.ceil(error) + 1


def _smaller(a: float, b: float) -> float:
    return min(a, b)


def clock_step(before: Sample, after: Sample) -> int:
    """By how much UTC was stepped between two samples, or the board's clock the other way, in
    microseconds; 0 if drift explains it."""
    ground = after.sent_us - before.sent_us
    board = after.board_us - before.board_us
    slack = before.rtt_us + after.rtt_us + MAX_DRIFT * abs(ground)
    return ground - board if abs(ground - board) > slack else 0


def is_new_life(before: Sample, after: Sample) -> bool:
    """Whether the board started anew between two samples of one boot id: its clock ran back, and
    shows no more than the time that has passed. Samples of two stations may be filed in the wrong
    order, which looks alike but for the latter."""
    passed_us = after.sent_us - before.sent_us
    return after.board_us < before.board_us and after.board_us <= passed_us + LIFE_SLACK_US


def _thinned(samples: list[Sample]) -> list[Sample]:
    """At most MAX_SAMPLES: the best of each stretch."""
    size = -(-len(samples) // MAX_SAMPLES) or 1
    stretches = (samples[at : at + size] for at in range(0, len(samples), size))
    return [min(stretch, key=lambda s: s.rtt_us) for stretch in stretches]
