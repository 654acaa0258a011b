"""xmg port: ports of the partitions and what waits in their channels."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from ..app import App
from ..board import find_by_name
from ..complete import complete_port
from ..labels import partition_names
from ..model import Port
from ..render import Column, board_time, plain, span
from ..status import Status
from .common import (
    completed,
    find_partition,
    noun,
    one_partition_argument,
    partition_argument,
    verb,
)

FOR_EVER = 0xFFFFFFFF


def _period(us: object) -> str:
    return "for ever" if us == FOR_EVER else span(us)


def _names_of(peers: object) -> str:
    return ", ".join(plain(name) for name in peers) if isinstance(peers, list) and peers else "-"


COLUMNS = [
    Column("partition", "partition id", only_csv=True),
    Column("partition_name", "partition"),
    Column("id", "id", right=True),
    Column("name", "port"),
    Column("kind", "kind"),
    Column("direction", "direction"),
    Column("open", "open"),
    Column("waiting", "waiting", right=True),
    Column("depth", "of", right=True),
    Column("state", "message"),
    Column("valid", "valid"),
    Column("written_us", "written", board_time),
    Column("sent", "sent", right=True),
    Column("received", "received", right=True),
    Column("refused", "refused", right=True),
    Column("channel", "channel", right=True),
    Column("peers", "other ends", _names_of),
    Column("message_bytes", "longest message", only_csv=True),
    Column("last_bytes", "message length", only_csv=True),
    Column("valid_period_us", "valid period us", only_csv=True),
]
DETAILS = [
    Column("partition_name", "partition"),
    Column("id", "id"),
    Column("name", "port"),
    Column("kind", "kind"),
    Column("direction", "direction"),
    Column("channel", "channel", lambda value: "not connected" if value is None else str(value)),
    Column("peers", "other ends", _names_of),
    Column("message_bytes", "longest message", lambda value: f"{value} B"),
    Column("depth", "messages held"),
    Column("valid_period_us", "valid for", _period),
    Column("open", "open"),
    Column("waiting", "waiting"),
    Column("state", "message"),
    Column("valid", "message valid"),
    Column("written_us", "message written", board_time),
    Column("last_bytes", "message length", lambda n: "-" if n is None else f"{n} B"),
    Column("sent", "sent"),
    Column("received", "received"),
    Column("refused", "refused, queue full"),
    Column("partition", "partition id", only_csv=True),
]
MEANING = (
    "sent, received and refused count the messages of the channel since the hypervisor's start, so "
    "that all its ports show the same. refused: they were to be sent while the queue was full. "
    "message: that of a sampling port, whether this destination has read it, and whether it is "
    "younger than its valid period; written is board time. The kernel keeps no time of reading, and "
    "none of a queue's messages."
)


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "port", "Ports of the partitions: list, show.")
    parser = verb(
        group, common, "list", list_ports, "List the ports and what waits in them.", MEANING
    )
    one_partition_argument(parser)
    parser = verb(group, common, "show", show, "Show everything about one port.", MEANING)
    partition_argument(parser)
    completed(
        parser.add_argument("port", metavar="PORT", help="id or name, as `xmg port list` shows"),
        complete_port,
    )


def _row(port: Port, ports: Sequence[Port], names: dict[int, str]) -> dict[str, object]:
    """A port, with the names of the other ends of its channel as "partition.port"."""
    peers = [
        f"{names.get(other.partition) or other.partition}.{other.name}"
        for other in ports
        if port.channel is not None
        and other.channel == port.channel
        and other.direction != port.direction
    ]
    style = "warn" if port.refused or port.valid is False else ""
    return asdict(port) | {
        "partition_name": names.get(port.partition, ""),
        "peers": peers,
        "style": style,
    }


def list_ports(app: App) -> Status:
    """xmg port list [PARTITION]"""
    with app.connect() as client:
        owner = find_partition(client, app.args.partition) if app.args.partition else None
        ports, names = client.ports(), partition_names(client)
        shown = [port for port in ports if owner is None or port.partition == owner.id]
        app.out.rows(COLUMNS, [_row(port, ports, names) for port in shown])
        if not shown:
            who = f"partition {owner.id} {owner.name}".rstrip() if owner else "this system"
            app.out.note(f"{plain(who)} has no ports")
    return Status.DONE


def show(app: App) -> Status:
    """xmg port show PARTITION PORT"""
    with app.connect() as client:
        owner = find_partition(client, app.args.partition)
        ports, names = client.ports(), partition_names(client)
        own = [port for port in ports if port.partition == owner.id]
        port = find_by_name(own, app.args.port, f"port of {owner.name or owner.id}")
        app.out.record(DETAILS, _row(port, ports, names))
    return Status.DONE
