"""Command authority: anybody reads, one holder at a time commands.

A holder is a name. He has the lease while he has a claim on it: one taken for some time, or that of
a command under way, which ends with the command. So what he does by several programs is his, and a
console that dies leaves nothing behind but the time that it asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import LinkOccupied, UsageError

MOST_S = 3600.0
MOST_NAME = 64


@dataclass(frozen=True)
class Held:
    """Who has the lease, and for how long yet; left_s None: until his command ends."""

    holder: str
    left_s: float | None


class Lease:
    """The lease of one board."""

    def __init__(self, now: Callable[[], float]) -> None:
        """now: seconds that never run back."""
        self._now = now
        self._holder = ""
        self._until = 0.0
        self._commands = 0

    def held(self) -> Held | None:
        """Who has it; None: nobody."""
        left = self._until - self._now()
        if left <= 0 and not self._commands:
            return None
        return Held(self._holder, max(left, 0.0) if not self._commands or left > 0 else None)

    def take(self, holder: str, seconds: float) -> Held:
        """Takes it for so long from now on, or for longer than it was taken. Raises LinkOccupied,
        UsageError."""
        self._check(holder)
        if not 0 < seconds <= MOST_S:
            raise UsageError(f"a lease is taken for up to {MOST_S:g} s, then taken again")
        self._hold(holder)
        self._until = max(self._until, self._now() + seconds)
        return Held(holder, self._until - self._now())

    def release(self, holder: str, force: bool = False) -> str:
        """Gives back what was taken; a command under way keeps it to its end. force: also what
        another has taken, whose name is given then; else the name is empty. Raises LinkOccupied when
        it is another's."""
        held = self.held()
        if held is None:
            return ""
        if held.holder != holder and not force:
            raise self._occupied(held)
        self._until = 0.0
        return held.holder if held.holder != holder else ""

    def begin_command(self, holder: str) -> None:
        """Claims it for a command; end_command() must follow. Raises LinkOccupied, UsageError."""
        self._check(holder)
        self._hold(holder)
        self._commands += 1

    def end_command(self) -> None:
        """A command has ended, whatever way."""
        self._commands -= 1

    def _hold(self, holder: str) -> None:
        held = self.held()
        if held is not None and held.holder != holder:
            raise self._occupied(held)
        if held is None:
            self._holder, self._until = holder, 0.0

    @staticmethod
    def _check(holder: str) -> None:
        if not holder.strip() or len(holder) > MOST_NAME or not holder.isprintable():
            raise UsageError(f"the holder of a lease needs a name of 1 to {MOST_NAME} characters")

    @staticmethod
    def _occupied(held: Held) -> LinkOccupied:
        if held.left_s is None:
            return LinkOccupied(
                f"{held.holder} commands the board until its command ends, which is not cut: wait"
            )
        return LinkOccupied(
            f"{held.holder} commands the board for {held.left_s:.0f} s more: ask for the lease to be released "
            "(xmg lease release), wait, or take it away (xmg lease release --force)"
        )
