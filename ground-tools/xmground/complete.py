"""Names of this board for the shell's completion. A daemon is asked; without one there are none,
for the press of a key must not take the link from whoever has it."""

import argparse
import os
from collections.abc import Callable, Sequence

from .board import Board, Named, find_by_name
from .errors import XmgError

ANSWER_S = 1.0


def complete_partition(prefix: str, parsed_args: argparse.Namespace, **more: object) -> list[str]:
    """Names of partitions that begin so."""
    return _names(prefix, lambda board: board.partitions())


def complete_plan(prefix: str, parsed_args: argparse.Namespace, **more: object) -> list[str]:
    """Names of plans that begin so."""
    return _names(prefix, lambda board: board.plans()[0])


def complete_port(prefix: str, parsed_args: argparse.Namespace, **more: object) -> list[str]:
    """Names of ports that begin so, of the partition named before."""

    def ports(board: Board) -> Sequence[Named]:
        owner = find_by_name(board.partitions(), parsed_args.partition, "partition")
        return [port for port in board.ports() if port.partition == owner.id]

    return _names(prefix, ports)


def _names(prefix: str, ask: Callable[[Board], Sequence[Named]]) -> list[str]:
    from .remote import Hearing, RemoteClient, default_socket, is_served

    path = default_socket(os.environ)
    if not is_served(path):
        return []
    hearing = Hearing(lambda text: None, lambda: None, False)
    try:
        with RemoteClient(path, ANSWER_S, hearing, "completion") as board:  # type: ignore[abstract]
            found = ask(board)
    except XmgError:
        return []
    return [item.name for item in found if item.name.startswith(prefix)]
