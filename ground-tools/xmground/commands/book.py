"""xmg book: which logs the board keeps."""

import argparse

from ..app import App
from ..board import HYPERVISOR_ID
from ..model import Book, BookState
from ..render import Column
from ..status import Status
from .common import noun, partition_names, verb

COLUMNS = [
    Column("book", "book"),
    Column("source", "source", right=True),
    Column("source_name", "name"),
    Column("oldest", "oldest", right=True),
    Column("next", "next", right=True),
    Column("stored", "stored", right=True),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "book", "The logs that the board keeps.")
    verb(
        group,
        common,
        "list",
        list_books,
        "List the logs, and the numbers of the items they hold.",
        "Items are records, or bytes of a console; `next` is the number of the next one.",
    )


def _row(state: BookState, names: dict[int, str]) -> dict[str, object]:
    source = HYPERVISOR_ID if state.book is Book.HM else state.source
    return {
        "book": state.book.name.lower(),
        "source": source,
        "source_name": names.get(source, ""),
        "oldest": state.oldest,
        "next": state.next,
        "stored": state.next - state.oldest,
    }


def list_books(app: App) -> Status:
    """xmg book list"""
    with app.connect() as client:
        states = client.books()
        names = partition_names(client)
    app.out.rows(COLUMNS, [_row(state, names) for state in states])
    return Status.DONE
