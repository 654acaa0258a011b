"""The daemon's link comes and goes: the device is absent when the daemon starts, the cable is pulled, the board is reset, in
the middle of a log being read, of a command, of what the daemon gathers by itself; at moments drawn from the seed.

Each time the link is open again and answers (HANG else), by itself. What was read is what the board had, or a gap is named (SILENT
else). A command was carried out once at most (ESCAPE), and as was told (WRONG_CODE). In the end the archive, read here with
SQLite alone, has every record that the board still has, each as it was, and a gap for each that it lacks; the raw capture is whole.

The board has a key. One without carries out a repeated command twice when it has lost its journal in between (docs/protocol.md).
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import machine
from report import Verdicts

CASES = {"small": 60, "full": 1000}
EACH_DAEMON = 50  # cases until a new daemon, with a new board and archive
HANG_S = 60.0
CALL_S = 20.0
MOST_UNPLUGGED_S = 0.05
KEY_ID, SECRET = 7, bytes(range(32))


class Trial:
    """A daemon at a cable, for some cases."""

    def __init__(self, seed: str, folder: Path, verdicts: Verdicts, counts: Counter[str]) -> None:
        from cable import Cable
        from conftest import ServedDaemon
        from fake_board import FakeBoard
        from xmground.keys import Key

        self._dice = random.Random(seed)
        self._seed, self._folder, self._verdicts, self._counts = seed, folder, verdicts, counts
        self._board = FakeBoard()
        self._board.keys = {KEY_ID: SECRET}
        self._start, self._board.reboot = self._board.reboot, self._reboot
        self._chance = random.Random(f"{seed} board")  # for the thread of the link
        self._numbering = 0  # how often the logs have begun anew
        self._records: dict[tuple[int, bytes], int] = {}  # numbering of every HM record ever made, by number and contents
        self._fill(100)
        self._cable = Cable(self._board)
        self._cable.plugged = False
        self._daemon = ServedDaemon(
            "tcp:h:1", folder / "socket", [Key(KEY_ID, SECRET)], connect=self._cable.connect, archive=str(folder / "archive.db"), turn_s=0.002,
            capture=folder / "capture")

    def run(self, cases: int) -> None:
        """All of them, then the archive."""
        from xmground.remote import RemoteClient

        with self._daemon as daemon:
            with RemoteClient(daemon.path, CALL_S, holder="campaign") as self._client:
                self._settle("absent at the start", plug_in=True)
                for number in range(1, cases):
                    self._case(number)
            self._await(self._is_gathered, "everything in the archive")
            self._counts["links lost"] += daemon.server.link.state.lost
        self._look_at_archive()
        self._look_at_captures()

    def _fill(self, count: int) -> None:
        log = self._board.logs[1, 0]
        first = log.next
        self._board.fill_hm(count)
        for seq in range(first, log.next):
            self._records[seq, log.items[seq - log.oldest]] = self._numbering

    # ---- cases

    def _case(self, number: int) -> None:
        kind = self._dice.choice(("pull", "reset", "reset, logs lost", "pull and reset", "pull and reset, logs lost"))
        self._counts[kind] += 1
        keep = "lost" not in kind
        if "pull" in kind:
            if "reset" in kind:
                self._cable.on_open = lambda: self._reset(keep)
            self._cable.break_in = self._dice.randrange(1, 60)
        else:
            self._board.faults.reboot_at = self._after(self._dice.randrange(1, 12), lambda: self._reset(keep))
        is_command = self._dice.random() < 0.4
        if is_command and "reset" in kind and self._dice.random() < 0.5:
            # In the middle of the command instead; then the logs stay, and "lost" is the journal.
            self._board.faults.reboot_at, self._cable.on_open = (lambda operation: False), (lambda: None)
            self._board.faults.reboot_after = self._dice.randrange(1, 4)
            self._board.faults.effect_before_reboot = self._dice.random() < 0.5
            self._board.faults.keeps_journal = keep
        name = f"{self._seed}, case {number}: {kind}"
        boots, losses = self._counts["boots"], self._daemon.server.link.state.lost
        plug = threading.Thread(target=self._plug_in, args=(self._dice.random() * MOST_UNPLUGGED_S,))
        plug.start()
        if is_command:
            self._command(name)
        else:
            self._read(name)
        # What the daemon asks by itself goes on: the fault comes, if only then.
        if "reset" in kind and not self._board.faults.reboot_after:  # which a command needs, that may not have come there
            self._await(lambda: self._counts["boots"] > boots, f"{name}: the reset")
        if "pull" in kind:
            self._await(lambda: self._daemon.server.link.state.lost > losses, f"{name}: the loss of the link")
        plug.join()
        self._settle(name, plug_in=True)
        self._fill(self._dice.randrange(1, 4))

    def _reset(self, keep_logs: bool) -> None:
        """In the thread of the link, as everything of the board."""
        self._cable.on_open = lambda: None
        self._board.reboot(keep_logs=keep_logs)

    def _reboot(self, keep_logs: bool = True) -> None:
        """In place of the board's. What begins anew may at once have more records than were ever read."""
        self._start(keep_logs=keep_logs)
        self._board.faults.reboot_after = 0
        if not keep_logs:
            self._numbering += 1
            self._fill(self._chance.randrange(0, 200))
        self._counts["boots"] += 1

    @staticmethod
    def _after(requests: int, act: Callable[[], None]) -> Callable[[str], bool]:
        left = [requests]

        def asked(operation: str) -> bool:
            left[0] -= 1
            if left[0] == 0:
                act()
            return False

        return asked

    def _plug_in(self, after_s: float) -> None:
        """So long after it was pulled."""
        self._await(lambda: self._cable.break_in is None, "the cable is pulled")
        time.sleep(after_s)
        self._cable.plugged = True

    def _read(self, name: str) -> None:
        from xmground.errors import LinkUnavailable, NoAnswer
        from xmground.logs import LogReader
        from xmground.model import Book, Gap

        try:
            pieces = list(LogReader(self._client, Book.HM, 0, 1).read())
        except (LinkUnavailable, NoAnswer):
            self._verdicts.add("contained")  # told that nothing could be read
            return
        wanted, numberings = 1, set[int | None]()
        for piece in pieces:
            if isinstance(piece, Gap):
                wanted = 1 if piece.last is None else piece.last + 1
                numberings = set() if piece.last is None else numberings
                continue
            numberings.add(self._records.get((piece.seq, piece.data)))
            if piece.seq != wanted or None in numberings or len(numberings) > 1:
                self._verdicts.add("SILENT", f"{name}: record {piece.seq} where {wanted} was due, or another's contents")
                return
            wanted += 1
        self._verdicts.add("recovered" if any(isinstance(piece, Gap) for piece in pieces) else "masked")

    def _command(self, name: str) -> None:
        from xmground.errors import Rejected, XmgError
        from xmground.model import PartitionAction

        before = len(self._board.executed)
        allowed, words = {1}, "completed"
        try:
            target = self._client.partitions()[self._dice.randrange(1, 3)]
            self._client.control_partition(target, PartitionAction.HALT)
        except Rejected as error:
            allowed, words = {0}, str(error)
        except XmgError as error:
            allowed, words = {0, 1}, str(error)
        self._await(lambda: self._daemon.server.lease.held() is None, f"{name}: the end of the command")
        times = len(self._board.executed) - before
        if times > 1:
            self._verdicts.add("ESCAPE", f"{name}: carried out {times} times")
        elif times not in allowed:
            self._verdicts.add("WRONG_CODE", f"{name}: carried out {times} times, told: {words}")
        else:
            self._verdicts.add("masked" if words == "completed" else "contained")

    def _settle(self, name: str, plug_in: bool) -> None:
        """The fault is over: everything must work again by itself."""
        from xmground.errors import XmgError

        self._board.faults.reboot_at = lambda operation: False
        self._board.faults.reboot_after, self._board.faults.keeps_journal = 0, True
        self._cable.break_in, self._cable.plugged = None, plug_in

        def answers() -> bool:
            try:
                return len(self._client.partitions()) == 3 and self._daemon.server.link.state.open
            except XmgError:
                return False

        self._await(answers, f"{name}: an answer after it")

    def _await(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + HANG_S
        while not holds():
            if time.monotonic() > end:
                self._verdicts.add("HANG", what)
                raise machine.CampaignError(f"does not come: {what}")
            time.sleep(0.002)

    # ---- what is left

    def _archived(self, query: str) -> list[Any]:
        with sqlite3.connect(self._folder / "archive.db", timeout=HANG_S) as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    def _is_gathered(self) -> bool:
        log = self._board.logs[1, 0]
        rows = self._archived("SELECT seq, raw FROM log WHERE book = 'hm' AND era = "
                              "(SELECT era FROM numbering WHERE book = 'hm')")
        return rows and dict(rows) == dict(enumerate(log.items, log.oldest))

    def _look_at_archive(self) -> None:
        from xmground.archive import Archive

        name = f"{self._seed}: the archive"
        with Archive.open(str(self._folder / "archive.db")) as archive:
            for fault in archive.check():
                self._verdicts.add("SILENT", f"{name}: {fault}")
        by_era: dict[int, list[int]] = {}
        numberings: dict[int, set[int | None]] = {}
        for seq, raw, era in self._archived("SELECT seq, raw, era FROM log WHERE book = 'hm' ORDER BY era, seq"):
            by_era.setdefault(era, []).append(seq)
            numberings.setdefault(era, set()).add(self._records.get((seq, raw)))
        for era, found in numberings.items():
            if None in found or len(found) > 1:
                self._verdicts.add("SILENT", f"{name}: era {era} has records that the board did not make, or of two numberings")
        gaps = self._archived("SELECT era, first, last, kind FROM gap WHERE book = 'hm'")
        named = {(era, seq) for era, first, last, _ in gaps if last is not None for seq in range(first, last + 1)}
        for era, seqs in by_era.items():
            lacking = [seq for seq in range(1, max(seqs)) if seq not in set(seqs) and (era, seq) not in named]
            if len(seqs) != len(set(seqs)) or lacking:
                self._verdicts.add("SILENT", f"{name}: era {era} has records twice, or lacks {lacking} without a word")
        # One may be without records: the board lost its log again before any was read.
        ended = {era for era, _, _, kind in gaps if kind == "board rebooted"}
        if ended != set(range(max(by_era))):
            self._verdicts.add("SILENT", f"{name}: eras {sorted(by_era)}, of which {sorted(ended)} are said to have ended")
        self._counts["numberings filed"] += len(by_era)
        self._counts["records filed"] += sum(map(len, by_era.values()))

    def _look_at_captures(self) -> None:
        from xmground.capture import Captured, read_capture

        for path in (self._folder / "capture").glob("*.xmcap"):
            for record in read_capture(path)[1]:
                if not isinstance(record, Captured):
                    self._verdicts.add("SILENT", f"{self._seed}: {path.name}: {record.words}")
                    return


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run all cases; returns how many went wrong."""
    for folder in ("tests/ground", "ground-tools"):
        sys.path.insert(0, str(machine.ROOT / folder))
    from contextlib import ExitStack

    from cable import QUICK

    verdicts, counts = Verdicts("daemon", seed, size), Counter[str]()
    with ExitStack() as stack:
        for name, value in QUICK.items():
            stack.enter_context(mock.patch(name, value))
        for number, first in enumerate(range(0, CASES[size], EACH_DAEMON)):
            with tempfile.TemporaryDirectory() as folder:
                cases = min(EACH_DAEMON, CASES[size] - first)
                Trial(f"{seed} daemon {number}", Path(folder), verdicts, counts).run(cases)
                counts["absent at the start"] += 1
                verdicts.add("recovered")
    verdicts.facts |= dict(counts)
    return verdicts.finish(machine.ROOT / build_dir / "campaign")
