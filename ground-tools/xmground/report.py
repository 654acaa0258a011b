"""What happened to a board in a period, out of the archive: the content of a report, and its text
as Markdown or HTML.

A report tells what was filed, and as loudly what was not: gaps, and a period of which nothing is
known.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from .archive import Archive
from .model import SystemState
from .render import SEVERITY_MARKS, board_time, ground_time
from .rows import Row, Severity
from .times import Moment

SEVERE = (Severity.ERROR.word, Severity.CRITICAL.word)
MOST_SEVERE_ROWS = 100
RESETS = ("RESET", "MAINTENANCE")
# What is read every few seconds is known up to now.
CONTACT_US = 60_000_000


@dataclass
class EventCount:
    """One kind of event of one partition."""

    partition: str
    event: str
    action: str
    severity: str
    count: int = 0
    first_us: int | None = None  # UTC, or when it was received
    last_us: int | None = None


@dataclass
class BoardReport:
    """Of one board."""

    target: str
    first_read_us: int | None = None  # UTC, whatever the period; None: never
    last_read_us: int | None = None
    pruned_before_us: int | None = None  # UTC: what is older was removed from the archive
    known_until_us: int | None = None  # set: of the period's time after it nothing is known
    boots: list[int] = field(default_factory=list)
    books: dict[str, int] = field(default_factory=dict)  # rows by book
    events: list[EventCount] = field(default_factory=list)
    severe: list[Row] = field(default_factory=list)  # the newest ones
    severe_total: int = 0
    resets: list[Row] = field(default_factory=list)
    gaps: list[Row] = field(default_factory=list)
    damaged: int = 0
    commands: list[Row] = field(default_factory=list)
    now: SystemState | None = None  # what the board itself says, if it was asked

    def was_read_in(self, report: "Report") -> bool:
        """Whether a period without rows is one in which nothing was logged."""
        first_us, pruned_us = self.first_read_us, self.pruned_before_us
        if pruned_us is not None and pruned_us > (report.since_us or 0):
            return False
        return self.known_until_us is None and first_us is not None and first_us < report.end_us


@dataclass
class Report:
    """Of a period; times are UTC in microseconds."""

    since_us: int | None
    until_us: int | None
    made_us: int
    boards: list[BoardReport] = field(default_factory=list)

    @property
    def end_us(self) -> int:
        """The period's end."""
        return self.made_us if self.until_us is None else self.until_us

    def document(self) -> dict[str, Any]:
        """For json."""
        return asdict(self)


def when(row: Row) -> int | None:
    """The best that is known of a row's time."""
    for key in ("utc_us", "received_us"):
        value = row.get(key)
        if isinstance(value, int):
            return value
    return None


def gather(
    archive: Archive, target: str | None, since: Moment | None, until: Moment | None, made_us: int
) -> Report:
    """Everything of a period. Raises ArchiveError."""
    report = Report(since.us if since else None, until.us if until else None, made_us)
    for name in archive.targets():
        if target in (None, name):
            board = _board(archive, name, since, until)
            _contact(archive, board, report)
            report.boards.append(board)
    return report


def _contact(archive: Archive, board: BoardReport, report: Report) -> None:
    """A log that was read has its gaps told; of what came after the last reading nobody knows."""
    read = archive.read_between(board.target)
    if read:
        board.first_read_us, board.last_read_us = read
    board.pruned_before_us = archive.pruned_before(board.target)
    known_us = board.last_read_us or 0
    if known_us < report.end_us - CONTACT_US:
        board.known_until_us = max(known_us, report.since_us or 0)


def _board(archive: Archive, name: str, since: Moment | None, until: Moment | None) -> BoardReport:
    board = BoardReport(name)
    counts: dict[tuple[str, str, str], EventCount] = {}
    books: Counter[str] = Counter()
    boots: dict[int, None] = {}
    severe: deque[Row] = deque(maxlen=MOST_SEVERE_ROWS)
    for row in archive.query(since=since, until=until, target=name):
        if row["kind"] == "gap":
            board.gaps.append(row)
            continue
        books[str(row["book"])] += 1
        boots[_number(row["boot_id"])] = None
        board.damaged += bool(row.get("damaged"))
        if row["severity"] in SEVERE:
            board.severe_total += 1
            severe.append(row)
        if row["book"] == "hm":
            _count(counts, row)
            if any(word in str(row["action_name"]) for word in RESETS):
                board.resets.append(row)
    board.books, board.boots, board.severe = dict(books), list(boots), list(severe)
    board.events = sorted(counts.values(), key=_rank)
    board.commands = list(_commands(archive.commands(name), since, until))
    return board


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _count(counts: dict[tuple[str, str, str], EventCount], row: Row) -> None:
    key = str(row["partition_name"]), str(row["event_name"]), str(row["action_name"])
    one = counts.setdefault(key, EventCount(*key, severity=str(row["severity"])))
    one.count += 1
    at = when(row)
    one.first_us = at if one.first_us is None else one.first_us
    one.last_us = at if at is not None else one.last_us


def _rank(one: EventCount) -> tuple[int, int, str]:
    """The worst first, then the most frequent."""
    return -Severity[one.severity.upper()], -one.count, one.event


def _commands(stages: Iterable[Row], since: Moment | None, until: Moment | None) -> Iterator[Row]:
    """Each command of the period with the last of its stages."""
    last: dict[object, Row] = {}
    for row in stages:
        at = _number(row["received_us"])
        if (since and at < since.us) or (until and at > until.us):
            continue
        last[row["seq"]] = row
    yield from last.values()


# ---- text


def _template(kind: str) -> Any:
    """The template of a kind of text; html escapes all that comes from a board."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("xmground", "templates"),
        autoescape=kind == "html",
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "utc": lambda us: ground_time(us) if us is not None else "time unknown",
        "board_time": board_time,
        "mark": lambda severity: SEVERITY_MARKS.get(severity, severity),
        "boot": lambda boot_id: f"{boot_id:#010x}",
        "when": lambda row: ground_time(when(row)),
        "cell": _cell,
    }
    return environment.get_template(f"report.{kind}")


def _cell(text: object) -> str:
    """A value inside a table of Markdown."""
    return (
        str(text).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
    )


def text_of(report: Report, kind: str) -> str:
    """The report as "md" or "html"."""
    return str(_template(kind).render(report=report, most=MOST_SEVERE_ROWS))
