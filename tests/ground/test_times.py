"""times.py: moments as operators type them, and UTC of the board's clock within its error bound."""

from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import pairwise

import pytest
from conftest import loop_client
from fake_board import FakeBoard
from hypothesis import example, given
from hypothesis import strategies as st

from xmground import clock, labels, times
from xmground.errors import UsageError
from xmground.logs import LogReader
from xmground.model import Book
from xmground.render import board_time
from xmground.times import MAX_DRIFT, Correlation, Moment, Sample

NOW = 1_767_272_400_000_000  # 2026-01-01T13:00:00Z
HOUR = 3_600_000_000
MIDNIGHT = NOW - 13 * HOUR


@pytest.mark.parametrize(
    "text, us",
    [
        ("now", NOW),
        ("today", MIDNIGHT),
        ("Yesterday", MIDNIGHT - 24 * HOUR),
        ("10m", NOW - HOUR // 6),
        ("2h30m", NOW - 5 * HOUR // 2),
        ("1d ago", NOW - 24 * HOUR),
        ("1.5h ago", NOW - 3 * HOUR // 2),
        ("2026-01-01T12:00:00Z", NOW - HOUR),
        ("2026-01-01 12:00", NOW - HOUR),
        ("2026-01-01T14:00:00+02:00", NOW - HOUR),
        ("2026-01-01", MIDNIGHT),
        ("2026-01-01T13:00:00.000001Z", NOW + 1),
        (" now ", NOW),
    ],
)
def test_moments_of_utc(text: str, us: int) -> None:
    assert times.parse_moment(text, NOW) == Moment(us)


@pytest.mark.parametrize(
    "text, us",
    [
        ("boot+12.5s", 12_500_000),
        ("boot+1h", HOUR),
        ("boot+1m250ms", 60_250_000),
        ("boot+00:00:01.5", 1_500_000),
        ("boot+7us", 7),
    ],
)
def test_moments_of_the_board(text: str, us: int) -> None:
    assert times.parse_moment(text, NOW) == Moment(us, board=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lately",
        "10",
        "10 minutes",
        "-5m",
        "boot+",
        "boot+x",
        "2026-13-01",
        "12:00",
        "5m5",
        "٣m",
    ],
)
def test_what_is_no_moment_is_told_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time such as 2026-11-25T12:30:00Z"):
        times.parse_moment(text, NOW)


@given(st.integers(0, 1 << 45))
def test_board_times_are_read_as_they_are_shown(us: int) -> None:
    assert times.parse_board_time(board_time(us)) == us


@given(st.datetimes(min_value=datetime(1971, 1, 1)))
def test_iso_moments_are_read_exactly(moment: datetime) -> None:
    us = times.parse_moment(moment.isoformat(), NOW).us
    assert (
        datetime.fromtimestamp(us // 1_000_000, timezone.utc).replace(
            microsecond=us % 1_000_000, tzinfo=None
        )
        == moment
    )


@given(st.text(max_size=20))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        times.parse_moment(text, NOW)
    except UsageError as error:
        assert "is not a time" in str(error)


# ---- correlation


def test_nothing_is_known_without_samples() -> None:
    assert Correlation([]).utc(5) == (None, None) and not Correlation([])


def test_one_round_trip_gives_half_of_it_as_error() -> None:
    assert Correlation([Sample(NOW, 1000, 400)]).utc(1000) == (NOW + 200, 201)


def test_the_smallest_round_trip_counts() -> None:
    fit = Correlation([Sample(NOW, 0, 90_000), Sample(NOW + 100, 1000, 400)])
    utc_us, error_us = fit.utc(1000)
    assert utc_us == NOW + 300 and error_us == 201


def test_the_error_grows_away_from_the_samples() -> None:
    fit = Correlation([Sample(NOW, 0, 400)])
    errors = [fit.utc(us)[1] for us in (0, HOUR, 2 * HOUR)]
    assert errors == sorted(errors) and errors[1] >= HOUR * MAX_DRIFT  # type: ignore[type-var]
    assert fit.utc(-HOUR)[1] == errors[1]


def test_drift_is_measured() -> None:
    drift = 30e-6
    samples = [Sample(NOW + round(t * (1 + drift)), t, 400) for t in range(0, HOUR, HOUR // 20)]
    fit = Correlation(samples)
    assert abs(fit.drift_ppm - 30) < 1
    alone = Correlation(samples[:1])
    assert fit.utc(2 * HOUR)[1] * 100 < alone.utc(2 * HOUR)[1]  # type: ignore[operator]


def test_what_is_too_uncertain_is_not_told() -> None:
    assert Correlation([Sample(NOW, 0, 400)]).utc(10**15) == (None, None)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_step_of_the_ground_clock_starts_anew(step: int) -> None:
    samples = [Sample(NOW + t, t, 400) for t in (0, 1_000_000)]
    samples.append(Sample(NOW + 2 * HOUR + step, 2 * HOUR, 400))
    fit = Correlation(samples)
    assert fit.utc(2 * HOUR) == (NOW + 2 * HOUR + step + 200, 201)
    assert fit.stepped_us == step


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_after_a_step_the_new_clock_counts(step: int) -> None:
    """Also after one back, when what was sampled before it has the later UTC."""
    samples = [Sample(NOW + t, t, 400) for t in (0, 1_000_000)]
    samples += [Sample(NOW + t + step, t, 400) for t in (2_000_000, 3_000_000)]
    fit = Correlation(samples)
    utc_us, error_us = fit.utc(3_000_000)
    assert utc_us is not None and error_us is not None
    assert abs(utc_us - (NOW + 3_000_000 + step)) <= error_us < 1000
    assert fit.stepped_us == step


def test_many_samples_stay_few() -> None:
    fit = Correlation(Sample(NOW + t * 1_000_000, t * 1_000_000, 400 + t % 7) for t in range(5000))
    assert len(fit._samples) <= times.MAX_SAMPLES
    assert fit.utc(2_500_000_000) == (NOW + 2_500_000_000 + 200, 201)


@st.composite
def clocks(draw: st.DrawFn) -> tuple[float, list[Sample]]:
    """A board's clock with some drift, and honest round trips: the truth lies somewhere in each."""
    drift = draw(st.floats(-0.9, 0.9)) * MAX_DRIFT
    samples = []
    for board_us in draw(st.lists(st.integers(0, 24 * HOUR), min_size=1, max_size=12)):
        rtt = draw(st.integers(200, 2_000_000))
        truth = NOW + round(board_us * (1 + drift))
        samples.append(Sample(truth - draw(st.integers(0, rtt)), board_us, rtt))
    return drift, samples


# Two samples a microsecond apart say less of the slope than their round trips allow: both were rounded.
@example(
    (
        0.00016632015391941993,
        [
            *[Sample(NOW + 1, 1, 401)] * 6,
            Sample(NOW - 86_686, 2, 86_688),
            Sample(NOW + 91, 91, 401),
            Sample(NOW + 62_758, 62_748, 401),
            Sample(NOW + 192_393_096, 192_361_102, 200),
            Sample(NOW + 45_657_191_611, 45_649_599_163, 401),
        ],
    ),
    [0],
)
@given(clocks(), st.lists(st.integers(0, 48 * HOUR), min_size=1, max_size=5))
def test_the_truth_is_within_the_error(
    clock: tuple[float, list[Sample]], asked: Sequence[int]
) -> None:
    drift, samples = clock
    fit = Correlation(samples)
    assert fit.stepped_us == 0
    for board_us in [*asked, *(sample.board_us for sample in samples)]:
        utc_us, error_us = fit.utc(board_us)
        assert utc_us is not None and error_us is not None
        assert abs(utc_us - (NOW + board_us * (1 + drift))) <= error_us


# ---- UTC of rows that a board tells now


def test_a_step_of_the_ground_clock_shows_in_the_next_row(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a log is followed nothing else is asked: the step itself is the reason to ask."""
    monkeypatch.setattr(labels, "StepWatch", clock.StepWatch)
    board.real_time = True
    board.fill_hm(60)
    step = [0]
    client = loop_client(board, timeout_s=30.0)
    client._clock_us = lambda: clock.utc_us() + step[0]
    client.hello()
    utc = labels.LiveUtc(client).utc
    seen: list[int] = []
    rows = 0
    for _ in LogReader(client, Book.HM).read():
        rows += 1
        if rows == 30:
            step[0] = HOUR
        told, error = utc(board.boot_id, board.now_us)
        assert told is not None and error is not None
        seen.append(told)
    assert rows == 60 and board.requests.count("ping") == 1
    steps = [round((b - a) / HOUR) for a, b in pairwise(seen)]
    assert steps == [0] * 28 + [1] + [0] * 30


def test_after_a_step_that_cannot_be_measured_no_utc_is_told(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was learnt before it holds by another clock. A silent board is not asked for each row."""
    monkeypatch.setattr(labels, "StepWatch", clock.StepWatch)
    board.real_time = True
    now, step = [1000.0], [0]
    client = loop_client(board, timeout_s=30.0)
    client.hello()
    client.utc_us = lambda: NOW + round(now[0] * 1e6) + step[0]  # type: ignore[method-assign]
    live = labels.LiveUtc(client, lambda: now[0])
    assert live.utc(board.boot_id, board.now_us)[0] is not None
    step[0], board.faults.silent, client.timeout_s = -HOUR, True, 0.05
    for _ in range(5):
        assert live.utc(board.boot_id, board.now_us) == (None, None)
    assert set(board.requests) == {"hello", "ping"}
    asked = board.requests.count("ping")
    board.faults.silent, client.timeout_s = False, 30.0
    now[0] += live.RETRY_S
    assert live.utc(board.boot_id, board.now_us)[0] is not None
    assert board.requests.count("ping") > asked
