"""Exit codes of xmg: one table, the same for every command."""

from enum import IntEnum


class Status(IntEnum):
    """What a finished command tells its caller; scripts may rely on the numbers."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_LINK = 3
    REJECTED = 4
    AUTHENTICATION = 5
    UNKNOWN = 6
    INCOMPLETE = 7
    VERSION = 8
    OCCUPIED = 9
    INTERRUPTED = 130


# In short, for --help, and in a sentence, for docs/xmg.md.
MEANINGS = {
    Status.DONE: ("done", "the board did it, the answer is complete"),
    Status.FAILED: (
        "taken by the board, failed",
        "the board took the command and could not finish it; or the ground could not write its archive "
        "or the output",
    ),
    Status.USAGE: ("wrong usage", "wrong arguments, unknown name, or not confirmed"),
    Status.NO_LINK: (
        "no link, no answer",
        "the link is not available, or nobody answered before anything was sent that changes the board",
    ),
    Status.REJECTED: (
        "rejected by the board",
        "refused before anything changed: state, permission, value",
    ),
    Status.AUTHENTICATION: (
        "authentication",
        "board and console share no key, or a replay was refused",
    ),
    Status.UNKNOWN: (
        "outcome unknown",
        "sent, but nobody can say whether it was carried out: `xmg cmd status`",
    ),
    Status.INCOMPLETE: (
        "data incomplete, gaps are listed",
        "something is missing or damaged; each gap is named",
    ),
    Status.VERSION: ("protocol version differs", "protocol or schema of the two ends do not fit"),
    Status.OCCUPIED: (
        "another console commands, or has the link",
        "another client has the lease or holds the link; it is named",
    ),
    Status.INTERRUPTED: ("interrupted", "Ctrl-C, or the reader of a pipe has gone"),
}
