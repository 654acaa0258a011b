"""Time as the ground sees it; tests and benches bring their own."""

import time
from collections.abc import Callable

# A step of UTC by so much is told; smaller ones only cost accuracy, which is told with each estimate.
TOLD_STEP_US = 1_000_000


def utc_us() -> int:
    """Ground time: microseconds of UTC since 1970."""
    return time.time_ns() // 1000


class Clock:
    """Seconds that never run back, and waiting."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Lets so many seconds pass."""
        time.sleep(seconds)


class StepWatch:
    """Notices steps of UTC by TOLD_STEP_US and more, by a clock that never runs back."""

    def __init__(self, clock_us: Callable[[], int], now: Callable[[], float]) -> None:
        """clock_us: UTC; now: seconds."""
        self._clock_us, self._now = clock_us, now
        self._offset_us = self._offset()

    def _offset(self) -> int:
        return self._clock_us() - round(self._now() * 1e6)

    @property
    def has_stepped(self) -> bool:
        """Whether there was one since reset()."""
        return abs(self._offset() - self._offset_us) > TOLD_STEP_US

    def reset(self) -> None:
        """From now on."""
        self._offset_us = self._offset()


class RoundTrip:
    """Measures one: by UTC, and by a clock that never runs back."""

    def __init__(self, clock_us: Callable[[], int], now: Callable[[], float]) -> None:
        """It begins. clock_us: UTC; now: seconds."""
        self._watch, self._now, self._clock_us = StepWatch(clock_us, now), now, clock_us
        self._began = now()
        self.sent_us = clock_us()

    def end(self) -> int | None:
        """Microseconds that it took; None when UTC was stepped meanwhile: then it tells nothing."""
        by_utc_us = self._clock_us() - self.sent_us
        passed_us = round((self._now() - self._began) * 1e6)
        return None if self._watch.has_stepped else max(by_utc_us, passed_us)
