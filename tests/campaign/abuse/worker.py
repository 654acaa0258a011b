#!/usr/bin/python3
"""Abuses consoles at some stations; prints a line of JSON for each abuse.

Stations first, first + step, ... before end; tests/campaign/abuse.py starts several workers.
"""

import argparse
import json
import os
import random
import sys
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[3] / "ground-tools")]

import psycopg2  # noqa: E402

from processes import (
    Hang,
    SteppedClock,
    adopt_orphans,
    children,
    end_with_parent,
    preload,
)  # noqa: E402
from scenes import KINDS, Scene  # noqa: E402
from station import Station  # noqa: E402

# More than the commands of one scene.
NUMBERS_PER_SCENE = 100


def database(folder: str, name: str) -> dict[str, str]:
    """A new database on the server whose socket is in that folder."""
    place = {"host": folder, "user": "xm"}
    connection = psycopg2.connect(dbname="postgres", **place)
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {name}")
    connection.close()
    return place | {"dbname": name}


def abuse(options: argparse.Namespace, number: int, clock: SteppedClock) -> None:
    """All kinds at one station, in an order of their own, until something is wrong: what follows
    would only say the same again."""
    dice = random.Random(f"{options.seed} {number}")
    is_shared = number % 3 == 1  # an archive for several stations
    station = Station(
        options.board.resolve(),
        clock,
        options.mounts,
        is_pty=number % 2 == 0,
        key=number % 4 < 2,
        postgres=database(options.postgres, f"station{number}") if is_shared else None,
    )
    numbers = 1
    try:
        for kind in dice.sample(KINDS, len(KINDS)):
            scene = Scene(station, kind, dice, numbers)
            numbers += NUMBERS_PER_SCENE
            wrong: list[tuple[str, str]] = []
            try:
                scene.play()
                wrong += scene.judge()
            except Hang as hang:
                wrong.append(("HANG", str(hang)))
            except Exception:
                wrong.append(("BROKEN", traceback.format_exc()))
            told = {"station": number, "kind": kind, "wrong": wrong, "done": scene.done}
            print(
                json.dumps(told | {"archive": "PostgreSQL" if is_shared else "SQLite"}), flush=True
            )
            if wrong:
                return
    finally:
        for pid in children() - station.own_children():  # of an abuse that went wrong
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        station.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", type=Path, required=True, help="the program xm-sim")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, required=True, help="the first station")
    parser.add_argument("--step", type=int, default=1, help="from one station to the next")
    parser.add_argument("--end", type=int, required=True, help="behind the last one")
    parser.add_argument("--postgres", required=True, help="folder of the server's socket")
    parser.add_argument(
        "--mounts", action="store_true", help="a disk that can be full may be mounted"
    )
    options = parser.parse_args()
    end_with_parent()
    adopt_orphans()
    preload()
    clock = SteppedClock()
    for number in range(options.first, options.end, options.step):
        abuse(options, number, clock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
