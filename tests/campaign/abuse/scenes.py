"""The abuses: what is done to a console while it collects or serves, and what must hold after."""

import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from processes import HOUR_US, Child, Hang, children
from station import LIMIT_S, Locked, Station, end_daemon, until
from truth import Truth, compare

Wrong = tuple[str, str]  # class and words
KINDS = (
    "kill collect",
    "kill serve",
    "kill client",
    "full disk",
    "locked archive",
    "two commanders",
    "two at once",
    "pulled line",
    "clock step",
    "combination",
)
SCENE_S = 0.9
BEFORE = -1.0  # the console starts
ONCE, NEVER, PERHAPS = {1}, {0}, {0, 1}
# What xmg may say of a command that it was to send, and how often that was then executed.
TOLD = {0: ONCE, 1: ONCE, 3: NEVER, 4: NEVER, 5: NEVER, 6: PERHAPS, 9: NEVER}
# And `xmg cmd status` of one that it called unknown.
STATUS_TOLD = {0: ONCE, 1: ONCE, 3: NEVER, 4: NEVER, 6: PERHAPS}
# How `xmg archive collect` may end when something was done to it.
COLLECT_MAY = {0, 1, 3, 5, 7, 9}
SLACK_US = 2_000_000  # the simulated board's clock stands still while its machine is busy


@dataclass
class Commanded:
    """A command, and how often its operator believes that it was executed."""

    number: int  # the reset status that the partition gets
    holder: str
    child: Child
    allowed: set[int] = field(default_factory=lambda: PERHAPS)
    words: str = "killed"


class Scene:
    """One abuse at a station."""

    def __init__(self, station: Station, kind: str, dice: random.Random, first_number: int) -> None:
        """first_number: of the commands of this scene; no other has them."""
        self._station, self.kind, self._dice = station, kind, dice
        self._next = first_number
        # When, a number that keeps the order, what in words, and how.
        self._events: list[tuple[float, int, str, Callable[[], None]]] = []
        self._began = 0.0
        self._clock_rows = 0
        self._has_archive = False
        self._undo: list[Callable[[], None]] = []
        self._given_up: list[Callable[[], None]] = []  # once the console has said that it cannot
        self._clients: list[Child] = []
        self.commands: list[Commanded] = []
        self._by_daemon = False
        self._mains: list[Child] = []
        self._stepped = False
        self._was_killed = False  # one of the mains; others may have taken its place since
        self._held: list[Locked] = []  # locks on the archive
        self._lease: tuple[str, Child] | None = None
        self.done: list[str] = []  # what was done, in words

    # ---- what may happen

    def _at(self, what: str, action: Callable[[], None], at_s: float | None = None) -> float:
        at_s = self._dice.uniform(0.0, SCENE_S) if at_s is None else at_s
        self._events.append((at_s, len(self._events) + 1000 * len(self.done), what, action))
        return at_s

    def _plan_kill(self) -> None:
        def kill() -> None:
            for child in self._mains:
                child.kill()
                self._was_killed = self._was_killed or child.was_killed

        self._at("kill -9", kill)

    def _plan_full(self) -> None:
        room = self._dice.choice((0, 4096, 30_000, 100_000))
        at_s = self._at(
            f"disk full but for {room}",
            lambda: self._station.fill_disk(room),
            self._dice.choice((BEFORE, None)),
        )
        self._undo.append(self._station.free_disk)
        if self._dice.random() < 0.5:
            after_s = self._dice.uniform(0.1, 0.6)
            self._at("room again", self._station.free_disk, max(at_s, 0.0) + after_s)
        else:
            self._given_up.append(self._station.free_disk)

    def _plan_lock(self) -> None:
        writers_only = self._dice.random() < 0.5

        def lock() -> None:
            if self._has_archive:
                self._held.append(Locked(self._station, writers_only))

        def release() -> None:
            while self._held:
                self._held.pop().release()

        at_s = self._at("archive locked", lock, self._dice.choice((BEFORE, None)))
        after_s = self._dice.choice((0.05, 0.3, 1.5, None))
        if after_s is None:  # until the console has said that it cannot
            self._given_up.append(release)
        else:
            self._at("released", release, max(at_s, 0.0) + after_s)
        self._undo.append(release)

    def _plan_pull(self) -> None:
        begin_s = 0.0
        for _ in range(self._dice.randrange(1, 3)):
            at_s = begin_s + self._dice.uniform(0.0, SCENE_S)
            self._at("line pulled", self._station.pull, at_s)
            begin_s = at_s + self._dice.choice((0.02, 0.2, 0.6, 2.5))
            self._at("plugged", self._station.plug, begin_s)

    def _plan_step(self) -> None:
        ahead = self._station.clock.offset_us
        by_us = -HOUR_US if ahead > HOUR_US else HOUR_US if ahead < -HOUR_US else 0
        by_us = by_us or self._dice.choice((-HOUR_US, HOUR_US))
        self._at(
            f"clock stepped by {by_us // 1_000_000} s", lambda: self._station.clock.step(by_us)
        )
        self._stepped = True

    # ---- who is there

    def _plan_command(self, holder: str | None = None, kill: bool = False) -> None:
        number = self._next
        self._next += 1

        def start() -> None:
            argv = ("part", "reset", f"P{self._dice.randrange(1, 4)}", "--yes", "--timeout", "3")
            child = self._station.start(
                *argv,
                *("--status", str(number), "--format", "json"),
                holder=holder or f"op{number}",
                by_daemon=self._by_daemon,
            )
            self._clients.append(child)
            self.commands.append(Commanded(number, holder or f"op{number}", child))
            if kill:
                after_s = self._dice.uniform(0.0, 0.4)
                self._later(after_s, "client killed", child.kill)

        self._at(f"command {number}", start)

    def _plan_lease(self) -> None:
        """Somebody takes the lease for long; until he gives it back, others are refused."""
        holder = f"op{self._next}"
        self._next += 1

        def start() -> None:
            argv = ("lease", "take", "--seconds", "600", "--format", "json")
            child = self._station.start(*argv, holder=holder, by_daemon=True)
            self._clients.append(child)
            self._lease = holder, child

        self._at("lease taken", start)

    def _plan_read(self, kill: bool = False) -> None:
        def start() -> None:
            child = self._station.start(
                "hm", "read", "--format", "jsonl", by_daemon=self._by_daemon
            )
            self._clients.append(child)
            if kill:
                after_s = self._dice.uniform(0.0, 0.4)
                self._later(after_s, "reader killed", child.kill)

        self._at("read", start)

    def _later(self, after_s: float, what: str, action: Callable[[], None]) -> None:
        self._at(what, action, time.monotonic() - self._began + after_s)

    # ---- the scene

    def play(self) -> None:
        """Does it to the station, and has it settle. Raises Hang."""
        kind, dice = self.kind, self._dice
        kinds = [kind]
        if kind == "combination":
            kinds = dice.sample(("kill", *KINDS[3:5], *KINDS[7:9]), dice.randrange(2, 4))
        self._by_daemon = kind in ("kill serve", "two commanders") or (
            kind != "kill collect" and dice.random() < 0.6
        )
        for one in kinds:
            self._plan(one)
        if kind not in ("two commanders", "kill client") and self._by_daemon:
            for _ in range(dice.randrange(0, 3)):
                self._plan_command()
                self._plan_read()
        for _ in range(dice.randrange(0, 3)):
            self._at("more to tell", lambda: self._station.write(dice))
        self._station.write(dice)
        self._clock_rows = self._count("SELECT count(*) FROM clock")
        self._has_archive = self._count("SELECT count(*) FROM target") > 0
        try:
            self._run(2 if kind == "two at once" else 1)
            if self._given_up:
                self._await_refusal()
        finally:
            for undo in self._undo:
                undo()
        self._settle()

    def _plan(self, kind: str) -> None:
        dice = self._dice
        if kind in ("kill", "kill collect", "kill serve"):
            self._plan_kill()
        elif kind == "kill client":
            for _ in range(dice.randrange(1, 4)):
                self._plan_command(kill=True)
                self._plan_read(kill=True)
        elif kind == "full disk":
            self._plan_full()
        elif kind == "locked archive":
            self._plan_lock()
        elif kind == "two commanders":
            if dice.random() < 0.5:
                self._plan_lease()
            for number in range(dice.randrange(3, 7)):
                self._plan_command(("alice", "bob")[number % 2], kill=dice.random() < 0.2)
        elif kind == "two at once":
            if dice.random() < 0.3:
                self._plan_kill()
        elif kind == "pulled line":
            self._plan_pull()
        elif kind == "clock step":
            self._plan_step()
            if self._by_daemon:
                self._plan_lease()

    def _run(self, count: int) -> None:
        while self._events and min(self._events)[0] < 0:
            self._do_next()
        begin = self._station.serve if self._by_daemon else self._station.collect
        self._mains = [begin() for _ in range(count)]
        if self._by_daemon:
            self._station.await_served(self._mains)
        self._began = time.monotonic()
        while self._events:
            time.sleep(max(0.0, self._began + min(self._events)[0] - time.monotonic()))
            self._do_next()

    def _do_next(self) -> None:
        event = min(self._events)
        self._events.remove(event)
        _, _, what, action = event
        self.done.append(f"{time.monotonic() - self._began:.3f} {what}" if self._began else what)
        action()

    def _await_refusal(self) -> None:
        """What the console cannot do now it says, and does not wait for ever."""
        if not self._by_daemon:
            for child in self._mains:
                child.wait(LIMIT_S, self._station.board.keep_up)
        elif self._held and not self._mains[0].poll():
            self._station.write(self._dice)
            self._until(self._says_not_filing, "the daemon to say that it cannot file")
        for action in self._given_up:
            action()

    def _says_not_filing(self) -> bool:
        asked = self._station.start("serve", "status", "--format", "json", by_daemon=True)
        if asked.wait(LIMIT_S) != 0:
            return self._mains[0].poll()
        return json.loads(asked.out)["gather"]["archive_error"] is not None

    def _settle(self) -> None:
        for child in self._clients + ([] if self._by_daemon else self._mains):
            child.wait(LIMIT_S, self._station.board.keep_up)

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        """As until(), and sees meanwhile what the board does."""
        until(holds, what, self._station.board.keep_up)

    def _count(self, sql: str) -> int:
        found = self._station.query(sql)
        return int(found[0][0]) if found else 0

    # ---- what must be true

    def judge(self) -> Iterator[Wrong]:
        """All that is wrong. Raises Hang."""
        for child in (*self._mains, *self._clients):
            if "Traceback" in child.err:
                yield "LIE", f"{child.name} ended with a traceback: {child.err[-800:]}"
        yield from self._judge_commands()
        if self._by_daemon:
            yield from self._judge_daemons()
        else:
            yield from self._judge_collects()
        yield from self._judge_archive()
        yield from self._judge_rest()

    def _judge_commands(self) -> Iterator[Wrong]:
        """What became of the commands, as their operators know it."""
        for command in self.commands:
            child = command.child
            if child.was_killed:
                continue
            command.words = f"{child.name}: status {child.status}: {child.err.strip()}"
            if child.status not in TOLD:
                yield "LIE", command.words
                continue
            command.allowed = TOLD[child.status]
            if child.status == 6:
                yield from self._ask(command)

    def _ask(self, command: Commanded) -> Iterator[Wrong]:
        """`xmg cmd status`, as the console has told its operator to."""
        stages = json.loads(command.child.out)["stages"]
        number = stages[0]["detail"].split()[-1]
        if self._by_daemon and self._mains[0].poll():
            self._mains = [self._station.serve()]
            self._station.await_served(self._mains)
        asked = self._station.start("cmd", "status", number, by_daemon=self._by_daemon)
        status = asked.wait(LIMIT_S)
        command.words += f"; cmd status {status}: {asked.err.strip()}"
        if status not in STATUS_TOLD:
            yield "LIE", command.words
        command.allowed = STATUS_TOLD.get(status, PERHAPS)

    def _judge_collects(self) -> Iterator[Wrong]:
        for child in self._mains:
            if not child.was_killed and child.status not in COLLECT_MAY:
                yield "LIE", f"{child.name}: status {child.status}: {child.err}"
            if child.status and not child.was_killed and not child.err.strip():
                yield "LIE", f"{child.name}: status {child.status} and not a word"

    def _judge_daemons(self) -> Iterator[Wrong]:
        """A daemon that was not killed goes on by itself; one that was can be started again."""
        station = self._station
        if len(self._mains) > 1 and not any(child.poll() for child in self._mains):
            self._until(
                lambda: any(child.poll() for child in self._mains), "the second daemon to end"
            )
        alive = [child for child in self._mains if not child.poll()]
        first = any(child.was_killed for child in self._mains) or bool(alive)
        for child in self._mains:
            if child.poll() and not child.was_killed and (child.status != 9 or not first):
                yield "LIE", f"{child.name} ended with {child.status}: {child.err[-500:]}"
        if len(alive) > 1:
            yield "LEFTOVER", "two daemons serve one board"
        if not alive:
            alive = [station.serve()]
            if not station.await_served(alive):
                yield "LEFTOVER", f"xmg serve does not start again: {alive[0].err[-500:]}"
                return
        station.board.type("hm 1")
        ends = station.board.look().ends()
        made_us = station.clock.now_us()
        try:
            self._until(lambda: self._has_all(ends), "the daemon to file everything")
            yield from self._judge_utc(ends["hm", 0] - 1, made_us)
        except Hang as hang:
            status = station.start("serve", "status", by_daemon=True)
            status.wait(LIMIT_S)
            yield "HANG", f"{hang}: {status.out} {status.err} {alive[0].err[-500:]}"
        yield from self._judge_lease()
        if not self._was_killed:  # else what it had not filed went with it
            try:
                self._until(lambda: not self._unfiled(), "the stages of commands to be filed")
            except Hang as hang:
                yield "LOSS", f"{hang}: {self._unfiled()}"
        for child in alive:
            if end_daemon(child) != 0:
                yield "LIE", f"SIGTERM ended {child.name} with {child.status}: {child.err[-500:]}"
        if station.socket.exists():
            yield "LEFTOVER", f"{station.socket} is there after the daemon has ended"

    def _has_all(self, ends: dict[tuple[str, int], int]) -> bool:
        have: dict[tuple[str, int], int] = {}
        for row in self._station.filed():
            size = len(row.raw) if row.book == "console" else 1
            key = row.book, row.source
            have[key] = have.get(key, 0) + size
        return all(have.get(key, 0) >= end - 1 for key, end in ends.items())

    def _unfiled(self) -> list[int]:
        """Commands whose operators were told that they are completed, which is not filed."""
        found = self._station.query(
            "SELECT sender FROM command JOIN stage USING (target_id, request_id) "
            "WHERE stage = 'completed'"
        )
        senders = [row[0] for row in found]
        return [
            command.number
            for command in self.commands
            if command.child.status == 0 and command.holder not in senders
        ]

    def _judge_lease(self) -> Iterator[Wrong]:
        if self._lease and self._lease[1].status == 0 and not self._mains[0].was_killed:
            holder, taken = self._lease
            left_s = json.loads(taken.out)["left_s"]
            number = self._next
            other = self._station.start(
                *("part", "reset", "P1", "--yes", "--status", str(number)),
                holder="other",
                by_daemon=True,
            )
            self.commands.append(Commanded(number, "other", other, NEVER, "refused"))
            if other.wait(LIMIT_S) != 9 or holder not in other.err or not 590 < left_s <= 600:
                yield "LIE", f"{holder} has the lease, and another: {other.status} {other.err}"
            given = self._station.start("lease", "release", holder=holder, by_daemon=True)
            if given.wait(LIMIT_S) != 0:
                yield "LEFTOVER", f"lease release: {given.status} {given.err}"
        shown = self._station.start("lease", "show", "--format", "json", by_daemon=True)
        if shown.wait(LIMIT_S) != 0:
            yield "LIE", f"lease show: {shown.status} {shown.err}"
        elif json.loads(shown.out)["holder"] is not None:
            yield "LEFTOVER", f"the lease is still held: {shown.out}"

    def _judge_archive(self) -> Iterator[Wrong]:
        """The last reading brings the rest; then the archive is what the board has written."""
        station = self._station
        station.board.type("hm 1")
        ends = station.board.look().ends()
        made_us = station.clock.now_us()
        last = station.collect()
        if last.wait(LIMIT_S) != 0:
            yield "LEFTOVER", f"the next collect: status {last.status}: {last.err}"
        truth = station.board.look()
        yield from compare(truth, ends, station.filed(), station.gaps())
        executed = truth.resets()
        for command in self.commands:
            times = executed[command.number]
            if times > 1:
                yield "DUPLICATE", f"command {command.number} was executed {times} times"
            elif times not in command.allowed:
                yield "LIE", f"command {command.number} was executed {times} times: {command.words}"
        if station.postgres is None:
            found = station.query("PRAGMA integrity_check")
            if found != [("ok",)]:
                yield "DAMAGE", f"integrity_check: {found}"
        check = station.start("archive", "check")
        if check.wait(LIMIT_S) != 0:
            yield "DAMAGE", f"archive check: {check.status}: {check.out} {check.err}"
        yield from self._judge_utc(ends["hm", 0] - 1, made_us)
        yield from self._judge_since(ends["hm", 0] - 1)
        yield from self._judge_step()

    def _judge_utc(self, seq: int, made_us: int) -> Iterator[Wrong]:
        """Of a record that was made just before made_us by the clock of now."""
        station = self._station
        found = station.query(
            f"SELECT utc_us, utc_error_us, received_us FROM log WHERE book = 'hm' AND seq = {seq}"
        )
        if len(found) != 1:
            return  # which compare() has told
        utc_us, error_us, received_us = found[0]
        if utc_us is not None and abs(utc_us - made_us) > error_us + SLACK_US:
            yield "LIE", f"hm {seq}: its UTC is {utc_us - made_us} us off, said to be {error_us}"
        if not made_us - SLACK_US < received_us < station.clock.now_us():
            yield "LIE", f"hm {seq}: received {received_us - made_us} us after it was made"

    def _judge_since(self, seq: int) -> Iterator[Wrong]:
        """A question for what is new gives the record that was made last."""
        asked = self._station.start(
            *("archive", "query", "--book", "hm", "--since", "30s", "--format", "jsonl")
        )
        status = asked.wait(LIMIT_S)
        rows = [json.loads(line) for line in asked.out.splitlines()]
        if status != 0 or seq not in [row["seq"] for row in rows]:
            yield "LIE", f"--since 30s lacks hm {seq}, which is new: {status} {asked.err}"

    def _judge_step(self) -> Iterator[Wrong]:
        """A step of the clock is told, as far as there was anything before it to compare with."""
        if not self._stepped or not self._clock_rows:
            return
        shown = self._station.start("archive", "show", "--format", "json")
        if shown.wait(LIMIT_S) != 0:
            yield "LIE", f"archive show: {shown.status} {shown.err}"
            return
        steps = [step["step_us"] for step in json.loads(shown.out)["clock_steps"]]
        if not any(abs(abs(step_us) - HOUR_US) < SLACK_US for step_us in steps):
            yield "LIE", f"the clock was stepped by an hour, told are {steps}"

    def _judge_rest(self) -> Iterator[Wrong]:
        """Nothing is left behind."""
        from xmground.capture import Captured, read_capture

        left = children() - self._station.own_children()
        if left:
            yield "LEFTOVER", f"processes {left}"
        for path in self._station.captures.glob("*.xmcap"):
            if path.stat().st_size < 12:
                continue  # of a disk that was full
            _, found = read_capture(path)
            if not all(isinstance(record, Captured) for record in found[:-1]):
                yield "DAMAGE", f"{path.name} is damaged before its end"
