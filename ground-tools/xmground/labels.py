"""The names that rows tell beside numbers, and UTC beside board time, as far as the board says."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from .board import HYPERVISOR_ID, Board
from .clock import Clock, StepWatch
from .errors import AuthenticationError, LinkUnavailable, NoAnswer, VersionMismatch, XmgError
from .model import Partition
from .rows import Labels, spelt_out
from .times import Correlation

HYPERVISOR_NAME = "hypervisor"


@contextmanager
def as_far_as_told(heard: bool = True) -> Iterator[None]:
    """What the board does not tell is done without; but with another key, or another version, nothing
    else will be told either, and that is the error to be shown. So it is with silence, unless the
    board was heard: what it said then is worth showing without."""
    try:
        yield
    except (AuthenticationError, VersionMismatch):
        raise
    except (NoAnswer, LinkUnavailable):
        if not heard:
            raise
    except XmgError:
        pass


def partition_names(client: Board) -> dict[int, str]:
    """Names by id; empty when the board does not tell them, what it has just told is worth showing
    without."""
    with as_far_as_told():
        return _names(client.partitions())
    return _names(())


def _names(partitions: Iterable[Partition]) -> dict[int, str]:
    """Names by id, the hypervisor's with them."""
    return {p.id: spelt_out(p.name) for p in partitions} | {HYPERVISOR_ID: HYPERVISOR_NAME}


def system_partitions(partitions: Iterable[Partition]) -> frozenset[int]:
    """Those that are system partitions, by id."""
    return frozenset(p.id for p in partitions if p.system)


def labels_of(client: Board, heard: bool = False) -> Labels:
    """What rows tell beyond the items of a log, as far as the board says. heard: it has just
    answered what the rows are made of; else a silence ends the command at once (NoAnswer,
    LinkUnavailable): to ask a silent board for more only makes the operator wait once more."""
    labels = Labels(names=_names(()), utc=LiveUtc(client).utc)
    with as_far_as_told(heard):
        labels = replace(labels, target=spelt_out(client.target_name()))
    with as_far_as_told(heard):
        partitions = client.partitions()
        labels = replace(labels, names=_names(partitions), system=system_partitions(partitions))
    return labels


class LiveUtc:
    """UTC of board times, by what the client has learnt of the board's clock."""

    # A record so much newer than the last sample is worth a look for newer ones.
    STALE_US = 10_000_000
    # After a step of UTC, so long a board that does not answer is not asked again.
    RETRY_S = 10.0

    def __init__(self, client: Board, now: Callable[[], float] = Clock().now) -> None:
        """now: seconds that never run back."""
        self._client, self._now = client, now
        self._fits: dict[int, tuple[int, Correlation]] = {}
        self._watch = StepWatch(client.utc_us, now)
        self._next_try = now()

    def utc(self, boot_id: int, time_us: int) -> tuple[int | None, int | None]:
        """See Labels."""
        if self._watch.has_stepped:
            self._sample_again()
            if self._watch.has_stepped:
                return None, None  # what was learnt before holds by another clock
        known_to, fit = self._fits.get(boot_id, (0, None))
        if fit is None or time_us > known_to:
            samples = self._client.clock_samples(boot_id)
            newest = max((sample.board_us for sample in samples), default=time_us)
            fit = Correlation(samples)
            self._fits[boot_id] = max(newest, time_us) + self.STALE_US, fit
        return fit.utc(time_us)

    def _sample_again(self) -> None:
        """UTC was stepped: a round trip shows where the board's clock is by the present one."""
        if self._now() < self._next_try:
            return
        self._fits.clear()
        try:
            self._client.ping()
        except XmgError:
            self._next_try = self._now() + self.RETRY_S
        else:
            self._watch.reset()
