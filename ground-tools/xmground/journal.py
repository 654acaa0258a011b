"""What the logs of a board have got since a moment: of a test, or of any other stretch of work."""

from dataclasses import dataclass, field

from .board import Board
from .logs import LogReader
from .model import Book, BookState
from .rows import Labels, Row, item_rows


@dataclass
class _Log:
    """One log, read so far."""

    reader: LogReader
    rows: list[Row] = field(default_factory=list)


class Journal:
    """The rows that all logs of a board get from now on, gaps included.

    A board that is reset meanwhile is followed into its next boot. Calls raise NoAnswer or
    LinkUnavailable when the board does not answer.
    """

    def __init__(self, board: Board, labels: Labels, from_start: bool = False) -> None:
        """Notes where all logs end now. from_start: what they have got since the board's first
        start counts, too."""
        self._board, self._labels = board, labels
        self._logs: dict[tuple[Book, int], _Log] = {}
        for state in board.books():
            self._logs[state.book, state.source] = _Log(
                LogReader(board, state.book, state.source, 1)
                if from_start
                else _at_end(board, state)
            )

    def rows(self, book: Book, source: int = 0) -> list[Row]:
        """All rows of a log since then, in order; of a log that the board does not keep, none."""
        log = self._logs.get((book, source))
        if log is None:
            return []
        for item in log.reader.read():
            log.rows += item_rows(item, book, source, self._labels, self._board.utc_us())
        return log.rows

    def text(self, partition: int) -> str:
        """What a partition has printed since then. A gap stands in it as a line [in brackets]."""
        return text_of(self.rows(Book.CONSOLE, partition))

    @property
    def logs(self) -> list[tuple[Book, int]]:
        """The logs that the board keeps: book and source."""
        return list(self._logs)

    def known(self, book: Book, source: int) -> list[Row]:
        """The rows of a log that have been read already; asks nobody."""
        return self._logs[book, source].rows


def text_of(rows: list[Row]) -> str:
    """The text of console rows. A gap stands in it as a line [in brackets]."""
    return "".join(
        str(row["text"]) if row["kind"] == "text" else f"\n[{row['detail']}]\n" for row in rows
    )


def _at_end(board: Board, state: BookState) -> LogReader:
    """A reader behind the last item. It has read that one: by it alone can be told, after a reset
    of the board, that a log goes on and has not begun anew."""
    reader = LogReader(board, state.book, state.source, max(state.oldest, state.next - 1))
    if state.next > state.oldest:
        for _ in reader.read(limit=1):
            pass
    return reader
