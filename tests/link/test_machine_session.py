"""Sessions and single requests, whatever happens: a Hypothesis state machine.

Claims:

  - neither side believes a frame that the other has not sent, or believes one twice (rules.py looks
    at the console, at_the_end() at the board);
  - no counter of a session is used twice (rules.py);
  - an answer is that of the boot that gave it, and the console knows the boot it speaks to;
  - over a good line a request is answered, in a bounded number of frames.
"""

from __future__ import annotations

from hypothesis.stateful import rule
from rules import RoughLine
from scripted import Fate, damaged

from xmground._generated import supervisor_pb2 as pb
from xmground.errors import AuthenticationError, LinkUnavailable, NoAnswer
from xmground.framing import Frame

# Two Hellos under each key, the request in the old session and in the new one, each once more.
MOST_FRAMES = 12


def is_hello(frame: Frame) -> bool:
    """A Hello may come twice: it is answered twice, and displaces nobody."""
    return pb.Request.FromString(frame.payload).WhichOneof("op") == "hello"


class Sessions(RoughLine):
    """Somebody asks the board small things, and opens sessions when he likes."""

    def __init__(self) -> None:
        super().__init__()
        self.boots_had = {1}
        carry_out = self.world.before_slot

        def before_slot() -> None:
            self.note_boot()
            carry_out()

        self.world.before_slot = before_slot

    def note_boot(self) -> None:
        """Before each slot too, for a boot may be over when its answer is read."""
        self.boots_had.add(self.board.numbers()[0])

    @rule()
    def ask(self) -> None:
        """A question."""
        self.live(lambda: self.ping(is_well=False))

    @rule()
    def open_a_session(self) -> None:
        """As `xmg hello` does."""
        self.live(self.hello)

    def hello(self) -> None:
        """Also without need."""
        try:
            told = self.client.hello()
        except (NoAnswer, LinkUnavailable, AuthenticationError):
            return
        self.note_boot()
        assert told.boot_id in self.boots_had
        assert told.authenticated == self.with_keys

    def ping(self, is_well: bool) -> None:
        """Answered, and by whom?"""
        self.note_boot()
        try:
            pong = self.client.ping()
        except (NoAnswer, LinkUnavailable, AuthenticationError):
            assert not is_well, "no progress"
            return
        self.note_boot()
        assert pong.boot_id in self.boots_had or not is_well
        assert pong.boot_id == self.link.boot_id

    def at_the_end(self) -> None:
        """The board is reached; then all that it ever got is sent to it again, and forged."""
        before = len(self.world.up.sent)
        self.ping(is_well=True)
        assert len(self.world.up.sent) - before <= MOST_FRAMES, "no progress"
        assert self.link.boot_id == self.board.numbers()[0]
        if self.with_keys:
            self.check_the_board()

    def check_the_board(self) -> None:
        """It listens to none of these frames."""
        good = self.client.link_state()["frames_good"]
        recorded = tuple(self.world.up.passed)
        frames = [frame for frame in self.world.up.sent if not is_hello(frame)]
        hellos = len(self.world.up.sent) - len(frames)
        for wire in recorded:
            self.world.up.inject(wire, self.world.now())
            for ahead in (0, 1000):
                self.world.up.inject(damaged(wire, Fate.FORGE, ahead), self.world.now())
        self.world.sleep(10.0)
        now = self.client.link_state()["frames_good"]
        # the question itself, and Hellos among the recorded ones
        assert (
            good < now <= good + 1 + hellos
        ), "the board has listened to recorded or forged frames"


class SessionsWithoutKey(Sessions):
    """The same on a board without keys."""

    with_keys = False


TestSessions = Sessions.TestCase
TestSessionsWithoutKey = SessionsWithoutKey.TestCase
