"""The pull of a log (logs.py over pull.py), whatever happens: a Hypothesis state machine.

Claims:

  - what is given out is what the board stored, in order, nothing twice;
  - what is not given out is named: as overwritten only if the board has it no more, as lost only if
    the line was bad, as gone with a boot only if the board was reset and it cannot be shown that the
    log goes on;
  - whoever reads on over a good line has all that the board still has, in a bounded number of
    requests.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule
from rules import RING_RECORDS, RoughLine

from xmground.errors import AuthenticationError, LinkUnavailable, NoAnswer
from xmground.logs import LogReader
from xmground.model import Book, Gap, GapKind
from xmground.records import Item

RECORD_BYTES = 64
# Requests for so many records over a line that has become good: the ground does not know that yet,
# cuts its frames to one record and asks for the last ones three times.
NEW_RECORDS, MOST_REQUESTS = RING_RECORDS // 2, 50


class Pulls(RoughLine):
    """Somebody follows the health-monitor log, now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.eras: list[dict[int, bytes]] = [{}]  # all records, by what the memory holds
        self.oldest = self.next = 1
        self.is_well = False
        self.look()
        self.follow_anew()

    def follow_anew(self) -> None:
        """A follower who begins with the oldest record stored."""
        self.reader = LogReader(self.client, Book.HM)
        self.era = -1  # of the last record given out; -1: none was
        self.last = 0  # its number
        self.sessions = 0  # of this console, until then
        self.due: range | None = None  # one of these must come next; None: the oldest stored
        self.boots, self.clock_runs_back = self.world.boots, self.clock_ran_back

    def console_died(self) -> None:
        """See RoughLine; the follower's place is lost with it."""
        super().console_died()
        self.follow_anew()

    # ---- what the board holds

    def append(self, records: int) -> None:
        """See RoughLine."""
        super().append(records)
        self.look()

    def power_on(self, records: int, boot: int) -> None:
        """See RoughLine."""
        super().power_on(records, boot)
        self.eras.append({})
        self.look()

    def look(self) -> None:
        """Notes what the log holds now."""
        _, self.oldest, self.next, _ = self.board.numbers()
        log = self.board.log()
        for n in range(self.next - self.oldest):
            record = log[n * RECORD_BYTES : (n + 1) * RECORD_BYTES]
            self.eras[-1][self.oldest + n] = record

    # ---- what is given out

    @rule(limit=st.one_of(st.none(), st.integers(1, RING_RECORDS)))
    def read_on(self, limit: int | None) -> None:
        """Reads what is new, or the first of it."""
        self.live(lambda: self.read(limit))

    def read(self, limit: int | None = None) -> None:
        """Reads, and judges what comes."""
        try:
            for piece in self.reader.read(limit):
                self.judge(piece)
        except (NoAnswer, LinkUnavailable, AuthenticationError):
            assert not self.is_well

    def judge(self, piece: Item | Gap) -> None:
        """Is this what must come next?"""
        if isinstance(piece, Item):
            self.judge_item(piece)
        elif piece.kind is GapKind.REBOOTED:
            self.judge_reboot(piece)
        else:
            self.judge_missing(piece)

    def judge_item(self, item: Item) -> None:
        """The board stored it, and it is the next."""
        eras = [n for n, era in enumerate(self.eras) if era.get(item.seq) == item.data]
        assert eras, f"record {item.seq} was never stored so"
        if self.due is None:
            assert eras[0] >= self.era
            assert item.seq <= self.oldest or eras[0] < len(self.eras) - 1, "began too late"
        else:
            # If the record read last was overwritten nothing can be compared, and none is passed over.
            is_unknown = self.era == -1 or self.last < self.oldest
            assert is_unknown or self.era == eras[0], "spliced to the log of an earlier life"
            assert item.seq in self.due, f"record {item.seq} is given out, {self.due} is due"
        self.era, self.last = eras[0], item.seq
        self.sessions = self.link.counters.sessions
        self.due = range(item.seq + 1, item.seq + 2)

    def judge_missing(self, gap: Gap) -> None:
        """What is named is next, and missing for that reason."""
        assert self.due is None or gap.first in self.due
        assert gap.last is not None and gap.last >= gap.first
        if gap.kind is GapKind.OVERWRITTEN:
            is_gone = self.era not in (-1, len(self.eras) - 1) or gap.last < self.oldest
            assert is_gone, f"{gap.first} to {gap.last} are stored still"
            self.due = range(gap.last + 1, gap.last + 2)
        else:
            assert gap.kind is GapKind.LOST and not self.is_well, f"{gap.kind} over a good line"
            # given up; or, if the board fell silent, to be read on from the first one that is missing
            self.due = range(gap.first, gap.last + 2)

    def judge_reboot(self, gap: Gap) -> None:
        """The board was reset, and the last record that was read is gone."""
        assert self.due is None or gap.first in self.due
        # A clock that runs back while no session holds cannot be told from a board that has lost
        # its memory, and with it the count of its boots.
        is_one_session = self.with_keys and self.sessions == self.link.counters.sessions
        if is_one_session or self.clock_ran_back == self.clock_runs_back:
            assert self.world.boots > self.boots, "the board was not reset"
            is_same = self.era == len(self.eras) - 1
            assert not is_same or self.last < self.oldest, "the log goes on"
        self.boots, self.clock_runs_back = self.world.boots, self.clock_ran_back
        self.era, self.due = -1, range(1, 2)

    # ---- once all is well

    def at_the_end(self) -> None:
        """Nothing is missing that the board still has."""
        self.is_well = True
        self.read()  # finds a new boot, or a new session
        self.append(RING_RECORDS)
        self.world.plan(
            2, lambda: self.append(RING_RECORDS - 4)
        )  # some are gone before they are sent
        self.read()
        self.world.sleep(1.0)
        self.read()
        before = self.link.counters.requests
        self.append(NEW_RECORDS)
        self.read()
        assert self.link.counters.requests - before <= MOST_REQUESTS, "no progress"
        assert (self.era, self.last) == (len(self.eras) - 1, self.next - 1)


class PullsWithoutKey(Pulls):
    """The same on a board without keys."""

    with_keys = False


TestPulls = Pulls.TestCase
TestPullsWithoutKey = PullsWithoutKey.TestCase
