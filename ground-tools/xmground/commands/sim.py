"""xmg sim: a board that is not there, for training and for trying things out."""

import argparse
import os
import socket
import sys
from pathlib import Path

from .. import keys
from ..app import App
from ..errors import LinkUnavailable, UsageError
from ..launch import find_simulator, sim_config, sim_control, sim_mission, sim_system
from ..remote import connect
from ..status import Status
from .common import numbers, verb

DEFAULT_PORT = 5500
EPILOG = """\
What shall go wrong is typed here, a line each, or told by another terminal: xmg sim fault crash payload.
`help` lists all of it, `quit` ends the board. Another terminal is the ground: xmg part list.
docs/sim.md has five exercises."""
FAULT_EPILOG = """\
xmg sim fault help            lists what can be said
xmg sim fault at 60: crash P  is for later, by the board's clock"""


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    parser = verb(groups, common, "sim", run, "Run a simulated board, with fault knobs.", EPILOG)
    parser.set_defaults(usage_of=parser)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    _port_option(parser, "; 0: any that is free, printed")
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="the system: XM_CF.xml, or conf.xmc as the build compiled it (default: the demo)",
    )
    parser.add_argument(
        "--mission",
        metavar="FILE",
        type=Path,
        help="what its partitions do (tools/sim/mission.h; default: mission.sim beside the "
        "configuration, else they print and use their ports)",
    )
    parser.add_argument(
        "--baud",
        metavar="N",
        type=numbers(300, 10_000_000),
        help="pace of the line to the ground (default: as configured)",
    )
    parser.add_argument(
        "--speed",
        metavar="X",
        type=_speed,
        default=1.0,
        help="so many times faster than real time, 0.01 to 10000 (default: 1)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=numbers(0, (1 << 32) - 1),
        default=0,
        help="the same number, the same damage to the line (default: 0)",
    )
    parser.add_argument(
        "--do",
        metavar="COMMAND",
        action="append",
        default=[],
        help="what goes wrong from the start, as typed; may be given several times",
    )
    group = parser.add_subparsers(title="commands", metavar="COMMAND")
    text = "Tell a running simulated board what shall go wrong."
    told = verb(group, common, "fault", fault, text, FAULT_EPILOG)
    told.formatter_class = argparse.RawDescriptionHelpFormatter
    _port_option(told, "")
    told.add_argument("words", metavar="WORD", nargs="+", help="as typed into `xmg sim`: crash 2")


def _port_option(parser: argparse.ArgumentParser, more: str) -> None:
    parser.add_argument(
        "--port",
        metavar="N",
        type=numbers(0, 65535),
        default=DEFAULT_PORT,
        help=f"TCP port of the board on this machine{more} (default: {DEFAULT_PORT})",
    )


def _speed(text: str) -> float:
    value = float(text)
    if not 0.01 <= value <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 0.01 to 10000")
    return value


def run(app: App) -> Status:
    """xmg sim; does not come back"""
    args = app.args
    named = args.config or sim_system("demo")
    config = sim_config(named)
    mission = args.mission or sim_mission(named)
    # The simulator reads it through the descriptor: no file is left behind, whatever ends it.
    descriptor = os.memfd_create("config", 0)
    os.write(descriptor, config)
    os.lseek(descriptor, 0, os.SEEK_SET)
    command = [find_simulator(), "--config", f"/dev/fd/{descriptor}", "--port", str(args.port)]
    command += ["--speed", str(args.speed), "--seed", str(args.seed)]
    command += ["--control", str(sim_control("%p"))]
    if mission:
        command += ["--mission", str(mission)]
    if args.baud:
        command += ["--baud", str(args.baud)]
    for line in args.do:
        command += ["--do", line]
    key_file = keys.find(args.key, os.environ)
    if key_file:
        keys.load(key_file)  # says what is wrong with it better than the simulator
        command += ["--key", str(key_file)]
    sys.stdout.flush()
    os.execv(command[0], command)  # whoever ends this process ends the board


def fault(app: App) -> Status:
    """xmg sim fault"""
    path = sim_control(str(app.args.port))
    try:
        sock = connect(path)
    except LinkUnavailable as error:
        raise LinkUnavailable(
            f"no simulated board runs on port {app.args.port}: start `xmg sim`, or give --port"
        ) from error
    with sock:
        sock.sendall(" ".join(app.args.words).encode() + b"\n")
        verdict, _, said = _all(sock).partition("\n")
    if verdict == "ok":
        app.out.raw(said)
        return Status.DONE
    raise UsageError(said.strip() or "the simulated board did not answer: try again")


def _all(sock: socket.socket) -> str:
    pieces = []
    while piece := sock.recv(4096):
        pieces.append(piece)
    return b"".join(pieces).decode(errors="replace")
