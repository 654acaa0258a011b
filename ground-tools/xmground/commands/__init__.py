"""The commands, one file per noun. A file has register(), which adds its parsers, and one function
per verb.

A verb's function takes an App and returns a Status; it raises XmgError for everything that went
wrong.
"""

import argparse

from . import (
    archive,
    basic,
    book,
    cmd,
    completion,
    console,
    doctor,
    hm,
    key,
    lease,
    link,
    mem,
    part,
    plan,
    port,
    report,
    replay,
    serve,
    sim,
    system,
    trace,
    web,
)


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds all commands, in the order in which help lists them."""
    for module in (
        part,
        plan,
        hm,
        trace,
        console,
        book,
        port,
        mem,
        cmd,
        archive,
        replay,
        link,
        serve,
        web,
        lease,
        key,
        system,
        report,
        sim,
        doctor,
        completion,
        basic,
    ):
        module.register(groups, common)
