"""xmg doctor: what keeps this console from working with this board, and what to do about it."""

import argparse
import grp
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..app import App
from ..errors import NoAnswer, XmgError
from ..render import Column, board_time, ground_time
from ..status import Status
from .common import numbers, verb

COLUMNS = [
    Column("check", "check", width=10),
    Column("result", "result", width=6),
    Column("detail", "detail"),
    Column("remedy", "remedy"),
]
STYLE_OF_RESULT = {"ok": "good", "warn": "warn", "fail": "bad", "skip": "debug"}
PINGS = 5
# One frame in so many may be lost without anybody minding.
FRAMES_PER_ERROR = 100

EPILOG = """\
Nothing is changed anywhere. The exit status is 0 if nothing failed, warnings or not, else that of
the first failure, as any other command would end with it."""


@dataclass(frozen=True)
class Finding:
    """The answer to one question."""

    check: str
    result: str  # ok, warn, fail, skip
    detail: str
    remedy: str = ""
    status: Status = Status.DONE  # of a failure


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parser."""
    parser = verb(
        groups,
        common,
        "doctor",
        doctor,
        "Check key, link, board, clock and archive; each fault has a remedy.",
        EPILOG,
    )
    parser.add_argument(
        "--pings",
        metavar="N",
        type=numbers(1, 1000),
        default=PINGS,
        help=f"round trips to measure the link and the clock with (default: {PINGS})",
    )


def _failed(check: str, error: XmgError) -> Finding:
    """Every error of xmg ends with its remedy."""
    what, _, remedy = str(error).rpartition(": ")
    return Finding(check, "fail", what or remedy, remedy if what else "", error.status)


# ---- this side


def _key(app: App) -> Iterator[Finding]:
    from .. import keys

    if app.is_remote:
        yield Finding("key", "skip", "the daemon's: it was told when it was started")
        return
    path = keys.find(app.args.key, os.environ)
    if path is None:
        yield Finding(
            "key",
            "warn",
            "none: commands are not authenticated",
            "xmg key new FILE, and build the system with KEY=FILE",
        )
        return
    known = keys.load(path).keys
    ids = ", ".join(f"id {key.id} fingerprint {key.fingerprint}" for key in known)
    yield Finding("key", "ok", f"{path}: {ids}")


def _device(app: App) -> Iterator[Finding]:
    """Of a serial link: is the device there, and may this user open it?"""
    scheme, _, rest = app.link.partition(":")
    if scheme not in ("serial", "pty", "unix"):
        return
    path = Path(rest.partition("?")[0])
    if not path.exists():
        known = Path("/dev/serial/by-id")
        there = ", ".join(sorted(p.name for p in known.iterdir())) if known.exists() else "none"
        remedy = f"plug the adapter in, or name another; serial adapters here: {there}"
        yield Finding("device", "fail", f"{path} does not exist", remedy, Status.NO_LINK)
    elif not os.access(path, os.R_OK | os.W_OK):
        group = str(path.stat().st_gid)
        with suppress(KeyError):
            group = grp.getgrgid(path.stat().st_gid).gr_name
        remedy = f"sudo usermod -aG {group} $USER, then log in again"
        detail = f"you may not open {path}, which belongs to group {group}"
        yield Finding("device", "fail", detail, remedy, Status.NO_LINK)
    else:
        yield Finding("device", "ok", f"{path} can be opened")


def _archive() -> Iterator[Finding]:
    try:
        from ..archive import Archive
        from ..places import default_archive
    except ModuleNotFoundError as error:
        remedy = f"install python3-{error.name}, if logs are to be kept"
        yield Finding("archive", "warn", f"Python module {error.name} is missing", remedy)
        return
    try:
        url = default_archive(os.environ)
        if "://" not in url and not Path(url).exists():
            yield Finding("archive", "ok", f"{url} does not exist yet")
            return
        with Archive.open(url, create=False, migrate=False) as archive:
            boards = ", ".join(archive.targets()) or "no board yet"
            yield Finding(
                "archive", "ok", f"{archive.where}, schema {archive.revision()}: {boards}"
            )
    except XmgError as error:
        yield _failed("archive", error)


# ---- the board


def _answer(app: App, client: Any) -> Iterator[Finding]:
    """Who answers. Raises XmgError when nobody does."""
    from ..session import PROTOCOL_MINOR

    hello = client.hello()
    yield Finding(
        "board", "ok", f"{hello.system}, xm {hello.xm_version}, boot {hello.boot_id:#010x}"
    )
    if hello.protocol_minor == PROTOCOL_MINOR:
        yield Finding("version", "ok", f"protocol 10.{PROTOCOL_MINOR} on both ends")
    else:
        yield Finding(
            "version",
            "warn",
            f"the board speaks protocol 10.{hello.protocol_minor}, this console 10.{PROTOCOL_MINOR}",
            "what one end does not know is refused by name; use the console of the board's release",
        )
    if hello.authenticated:
        yield Finding("session", "ok", "authenticated")
    else:
        yield Finding(
            "session",
            "warn",
            "null key: anybody on the line may command the board",
            "build the system with KEY=FILE (xmg key new FILE)",
        )


def _clock(app: App, client: Any) -> Iterator[Finding]:
    """When the board started, by the shortest round trip."""
    best = None
    for _ in range(app.args.pings):
        pong, now_us = client.ping(), app.clock_us()
        if best is None or pong.rtt_us < best[0].rtt_us:
            best = (pong, now_us)
    assert best is not None
    pong, now_us = best
    started = ground_time(now_us - pong.rtt_us // 2 - pong.board_time_us)
    error_ms = pong.rtt_us / 2000
    yield Finding(
        "clock",
        "ok",
        f"board time {board_time(pong.board_time_us)}: started at {started}, within "
        f"{error_ms:.1f} ms if this machine's clock is right",
    )


def _link_health(client: Any) -> Iterator[Finding]:
    state = client.link_state()
    bad = sum(state[name] for name in ("crc_errors", "length_errors", "version_errors"))
    lost = state["rx_dropped"] + state["rx_errors"]
    detail = f"the board took {state['frames_good']} frames, {bad} damaged, {lost} bytes lost"
    if lost or bad * FRAMES_PER_ERROR > state["frames_good"]:
        remedy = "check cable, ground and baud rate (Uart/@baudRate of the configuration)"
        yield Finding("line", "warn", detail, remedy)
    else:
        yield Finding("line", "ok", detail)
    if state["mac_errors"] or state["key_errors"] or state["replay_errors"]:
        refused = state["mac_errors"] + state["key_errors"] + state["replay_errors"]
        yield Finding(
            "intruders",
            "warn",
            f"the board refused {refused} frames that it did not believe",
            "another console with another key, or somebody tries: xmg link status",
        )
    credit, ring = state["credit"], state["rx_ring_bytes"]
    yield Finding("credit", "ok", f"{credit} of {ring} bytes of the board's ring are free")


def _silence(client: Any, error: XmgError) -> Finding:
    """Nobody answered: was there anything at all?"""
    session = getattr(client, "session", None)
    if session is None or not isinstance(error, NoAnswer):
        return _failed("board", error)
    heard = session.link_counters
    if heard.rx_bytes == 0:
        remedy = (
            "is the board switched on, does the cable cross the two directions, and is the key that "
            "of its system? To another one it says nothing"
        )
        return Finding("board", "fail", "silent: not one byte came", remedy, error.status)
    if heard.frames_good == 0:
        return Finding(
            "board",
            "fail",
            f"{heard.rx_bytes} bytes came, none of them a frame",
            "another baud rate than the board's (?baud=), a system without supervisor, or one with "
            "another key: xmg link sniff shows what it says",
            error.status,
        )
    return _failed("board", error)


def _board(app: App) -> Iterator[Finding]:
    client = app.connect()
    try:
        client.__enter__()
    except XmgError as error:
        yield _failed("link", error)
        return
    try:
        yield Finding("link", "ok", f"{app.link} is open")
        yield from _answer(app, client)
        yield from _clock(app, client)
        yield from _link_health(client)
    except XmgError as error:
        yield _silence(client, error)
    finally:
        client.__exit__(None, None, None)


def _findings(app: App) -> Iterator[Finding]:
    usable = True
    for check, questions in (("key", _key), ("device", _device)):
        try:
            for finding in questions(app):
                usable &= finding.result != "fail"
                yield finding
        except XmgError as error:
            usable = False
            yield _failed(check, error)
    if usable:
        try:
            yield from _board(app)
        except XmgError as error:
            yield _failed("link", error)
    else:
        yield Finding("link", "skip", "not tried: what comes before it fails")
    yield from _archive()


def doctor(app: App) -> Status:
    """xmg doctor"""
    rows, status = [], Status.DONE
    for finding in _findings(app):
        if status is Status.DONE:
            status = finding.status
        row = asdict(finding)
        del row["status"]
        rows.append(row | {"style": STYLE_OF_RESULT[finding.result]})
    app.out.rows(COLUMNS, rows)
    failed = sum(row["result"] == "fail" for row in rows)
    app.out.note(
        f"{failed} of {len(rows)} checks failed" if failed else "nothing stands in the way"
    )
    return status
