"""Time as the ground sees it; tests and benches bring their own."""

import time


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
