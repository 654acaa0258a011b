"""make bench-archive: how long questions to an archive of 10^6 records take.

    bench_archive.py [--records N] [--archive URL] [--postgresql]

--postgresql: on a PostgreSQL server of its own, started and stopped here.

Files N records of two boards' health monitors (one in twenty worth a warning), then asks what an
operator asks. Time is the processor's for the whole question, to the last row made; by the clock stands beside it,
which on a busy machine tells of the others too. The best of three.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ground-tools"))

import postgres  # noqa: E402
from fake_board import crc32c  # noqa: E402

from xmground import filter as filters  # noqa: E402
from xmground import framing, records  # noqa: E402
from xmground.archive import Archive  # noqa: E402
from xmground.archive.query import Question  # noqa: E402
from xmground.model import Book  # noqa: E402
from xmground.records import HM_RECORD, Item  # noqa: E402
from xmground.rows import Labels  # noqa: E402
from xmground.times import Moment  # noqa: E402

START_US = 1_767_225_600_000_000
STEP_US = 100_000
NAMES = {1: "P1", 2: "P2", 3: "P3", 255: "hypervisor"}
BATCH = 5000
GOAL_S = 1.0


def items(count: int, boot_id: int) -> Iterator[Item]:
    """Records: mostly ignored numeric errors, some overruns, few that halted a partition."""
    chance = random.Random(boot_id)
    for seq in range(1, count + 1):
        kind = chance.random()
        event, action = (32, 0) if kind < 0.95 else (27, 0) if kind < 0.99 else (5, 7)
        part = chance.choice((1, 2, 3))
        body = HM_RECORD.pack(
            *(seq, seq * STEP_US, boot_id, event, part, 0, 6, action, 0),
            *(0x40100000 + seq % 4096, 0, 0, 0x40000000, 0, 9, 0, 0, 0),
        )[:-4]
        yield Item(seq, body + framing.crc32c(body).to_bytes(4, "big"), boot_id)


def fill(archive: Archive, count: int) -> float:
    """Files so many records; gives the seconds that it took."""
    begin = time.perf_counter()
    for boot_id, target in ((1, "EM1"), (2, "EM2")):
        labels = Labels(target, NAMES, lambda boot, us: (START_US + us, 1000))
        batch: list[Item] = []
        for item in items(count // 2, boot_id):
            batch.append(item)
            if len(batch) == BATCH:
                archive.add_items(target, Book.HM, 0, batch, labels, START_US)
                batch = []
        archive.add_items(target, Book.HM, 0, batch, labels, START_US)
    return time.perf_counter() - begin


def questions(count: int) -> Iterator[tuple[str, Question]]:
    """What is asked, in words."""
    span = count // 2 * STEP_US

    def wanted(text: str) -> filters.Filter:
        return filters.parse(text, START_US + span)

    yield "sev>=error and part=P2 and event~MEM", Question(
        wanted=wanted("sev>=error and part=P2 and event~MEM"), limit=1000
    )
    yield "sev>=warn and part=P2 and event~MEM, newest 1000", Question(
        wanted=wanted("sev>=warn and part=P2 and event~MEM"), limit=1000, newest=True
    )
    yield "text found nowhere, all rows read", Question(wanted=wanted("text~nowhere"))
    yield "pc=0x40100010, all rows read, 1000 shown", Question(
        wanted=wanted("pc=0x40100010"), limit=1000
    )
    yield "the newest 1000", Question(limit=1000, newest=True)
    yield "one hour of one board, sev>=warn", Question(
        target="EM1",
        wanted=wanted("sev>=warn"),
        since=Moment(START_US + span // 2),
        until=Moment(START_US + span // 2 + 3_600_000_000),
    )
    yield "hm read --from archive --first N --count 1000", Question(
        books=("hm",), source=0, target="EM2", order="number", first=count // 4, limit=1000
    )


def ask(archive: Archive, asked: Question) -> tuple[float, float, int]:
    """Seconds of processor, seconds by the clock, and rows of a question."""
    cpu = clock = float("inf")
    rows = 0
    for _ in range(3):
        begin, begin_clock = time.process_time(), time.perf_counter()
        rows = sum(1 for _ in archive.query(**vars(asked)))
        cpu = min(cpu, time.process_time() - begin)
        clock = min(clock, time.perf_counter() - begin_clock)
    return cpu, clock, rows


def main() -> int:
    """Files, asks, prints; 1 if something took longer than the goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--archive", help="URL or path (default: a file that is removed again)")
    parser.add_argument("--postgresql", action="store_true", help="a server of its own")
    args = parser.parse_args()
    assert crc32c(b"x") == framing.crc32c(b"x") and records.HM_RECORD.size == 64
    if args.postgresql:
        with postgres.server() as url:
            return bench(url, args.records)
    with tempfile.TemporaryDirectory() as folder:
        return bench(args.archive or str(Path(folder) / "bench.db"), args.records)


def bench(url: str, count: int) -> int:
    """Files so many records, asks; 1 if something took longer than the goal."""
    slow = 0
    with Archive.open(url) as archive:
        took = fill(archive, count)
        print(f"{count} records filed in {took:.0f} s, {count / took:.0f}/s")
        for words, asked in questions(count):
            cpu, clock, rows = ask(archive, asked)
            # The work of a server is not in this process' time.
            measured = clock if "postgresql" in url else cpu
            slow += measured > GOAL_S
            print(f"{cpu:7.3f} s  (clock {clock:.3f} s)  {rows:6} rows  {words}", flush=True)
    print(f"goal: each below {GOAL_S:g} s; {slow} above")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
