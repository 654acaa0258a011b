"""The simulated board, and what is true of it: read from its memory, not through its supervisor."""

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from processes import end_with_parent

FRAME_MS = 20
BAUD = 921600  # so that a transfer lasts some tenths of a second
LIMIT_S = 20.0
KEEP_UP_S = 3.0  # the shortest of its logs holds what it does in some 15 s
LIVES = re.compile(rb"after reset status (\d+)\n")

Key = tuple[str, int]  # book and source


class BoardError(Exception):
    """The simulated board does not do what the campaign needs of it."""


@dataclass
class Truth:
    """All that the board ever wrote: items of each log by number; of a console its bytes."""

    boot_id: int = 0
    now_us: int = 0
    items: dict[Key, dict[int, bytes]] = field(default_factory=dict)

    def ends(self) -> dict[Key, int]:
        """The number that each log's next item will have."""
        return {key: max(items, default=0) + 1 for key, items in self.items.items()}

    def resets(self) -> Counter[int]:
        """How often a partition began a life with each reset status, as they print it."""
        found: Counter[int] = Counter()
        for (book, _), items in self.items.items():
            if book == "console":
                text = b"".join(items[seq] for seq in sorted(items))
                found.update(int(number) for number in LIVES.findall(text))
        return found

    def add(self, dump: str) -> None:
        """Takes in a dump; what it no longer holds is known from those before it."""
        head, *logs = dump.splitlines()
        self.boot_id, self.now_us = (int(word) for word in head.split()[1:])
        for line in logs:
            book, source, oldest, end, size, *text = line.split()
            data = bytes.fromhex(text[0] if text else "")
            items = self.items.setdefault((book, int(source)), {})
            if int(oldest) > len(items) + 1:
                raise BoardError(f"the {book} of {source} has lost items between two looks")
            for number in range(len(items) + 1, int(end)):
                at = (number - int(oldest)) * int(size)
                items[number] = data[at : at + int(size)]


class Board:
    """`xm-sim` on a free port of this machine."""

    def __init__(self, program: Path, folder: Path, key: Path | None) -> None:
        command = [str(program), "--port", "0", "--frame-ms", str(FRAME_MS), "--baud", str(BAUD)]
        self._process = subprocess.Popen(
            command + (["--key", str(key)] if key else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "board.txt").open("wb"),
            preexec_fn=end_with_parent,
        )
        assert self._process.stdout
        self.link = self._process.stdout.readline().decode().strip()
        if not self.link:
            raise BoardError(f"it did not start: see {folder / 'board.txt'}")
        self._dump = folder / "dump"
        self._looked_at = 0.0
        self.truth = Truth()

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    @property
    def port(self) -> int:
        """Where it serves its line."""
        return int(self.link.rpartition(":")[2])

    def type(self, line: str) -> None:
        """Something happens on the board."""
        assert self._process.stdin
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def look(self) -> Truth:
        """The truth as it is now. Raises BoardError."""
        self._dump.unlink(missing_ok=True)
        self.type(f"dump {self._dump}")
        end = time.monotonic() + LIMIT_S
        while not self._dump.exists():
            if time.monotonic() > end or self._process.poll() is not None:
                raise BoardError("it gives no dump")
            time.sleep(0.002)
        self.truth.add(self._dump.read_text())
        self._looked_at = time.monotonic()
        return self.truth

    def keep_up(self) -> None:
        """For who waits long: looks often enough that nothing is overwritten unseen. Raises
        BoardError."""
        if time.monotonic() - self._looked_at > KEEP_UP_S:
            self.look()

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()


@dataclass(frozen=True)
class Filed:
    """A row of the archive's table `log`, as the database has it."""

    boot_id: int
    book: str
    source: int
    seq: int
    variant: int
    raw: bytes


def compare(
    truth: Truth, ends: dict[Key, int], rows: list[Filed], gaps: str
) -> Iterator[tuple[str, str]]:
    """What is wrong with an archive: (class, words). ends: what must be there, at least; the
    truth: what may be there at most."""
    if gaps:
        yield "LOSS", f"the archive tells gaps: {gaps}"
    have: dict[Key, dict[int, bytes]] = {key: {} for key in truth.items}
    for row in rows:
        key = (row.book, row.source)
        if row.book == "event":
            continue
        if key not in have:
            yield "LIE", f"the board has no {row.book} of {row.source}"
            return
        if row.variant or row.boot_id != truth.boot_id:
            yield "DUPLICATE", f"{key} {row.seq} of boot {row.boot_id:#x}, variant {row.variant}"
        pieces = [row.raw]
        if row.book == "console":
            pieces = [row.raw[at : at + 1] for at in range(len(row.raw))]
        for number, piece in enumerate(pieces, row.seq):
            if number in have[key]:
                yield "DUPLICATE", f"{key} {number} is there twice"
            have[key][number] = piece
    for key, items in truth.items.items():
        missing = [number for number in range(1, ends[key]) if number not in have[key]]
        if missing:
            yield "LOSS", f"{key}: {len(missing)} missing, first {missing[0]} of {ends[key] - 1}"
        for number, piece in have[key].items():
            if items.get(number) != piece:
                yield "LIE", f"{key} {number} is not what the board wrote"
                break
