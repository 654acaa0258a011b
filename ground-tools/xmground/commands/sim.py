"""xmg sim: a board that is not there, for training and for trying things out."""

import argparse
import os
import sys

from .. import keys
from ..app import App
from ..launch import find_simulator
from ..status import Status
from .common import numbers, verb

EPILOG = """\
Type what shall go wrong, a line each: crash 2, hm 5, ber 1e-4, drop 0.1, mute 3, cut, restart power.
`help` lists all of it, `quit` ends the board. Another terminal is the ground: xmg part list."""


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parser."""
    parser = verb(groups, common, "sim", run, "Run a simulated board, with fault knobs.", EPILOG)
    parser.set_defaults(usage_of=parser)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--port",
        metavar="N",
        type=numbers(0, 65535),
        default=5500,
        help="TCP port on this machine; 0: any that is free, printed (default: 5500)",
    )
    parser.add_argument(
        "--frame-ms",
        metavar="MS",
        type=numbers(20, 1000),
        default=100,
        help="major frame: the supervisor answers once in each (default: 100)",
    )
    parser.add_argument(
        "--baud",
        metavar="N",
        type=numbers(9600, 4_000_000),
        default=115200,
        help="pace of the line to the ground (default: 115200)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=numbers(0, (1 << 32) - 1),
        default=0,
        help="the same number, the same damage to the line (default: 0)",
    )


def run(app: App) -> Status:
    """xmg sim; does not come back"""
    command = [find_simulator()]
    for name in ("port", "frame_ms", "baud", "seed"):
        command += [f"--{name.replace('_', '-')}", str(getattr(app.args, name))]
    key_file = keys.find(app.args.key, os.environ)
    if key_file:
        keys.load(key_file)  # says what is wrong with it better than the simulator
        command += ["--key", str(key_file)]
    sys.stdout.flush()
    os.execv(command[0], command)  # whoever ends this process ends the board
