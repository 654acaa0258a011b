"""Exit codes of xmg: one table, the same for every command."""

from enum import IntEnum


class Status(IntEnum):
    """What a finished command tells its caller; scripts may rely on the numbers."""

    DONE = 0  # the board did it, the answer is complete
    FAILED = 1  # the board took the command and could not finish it
    USAGE = 2  # wrong arguments, unknown name, or not confirmed
    NO_LINK = 3  # link not available, or no answer before anything was sent that changes the board
    REJECTED = 4  # the board refused: state, permission, value
    AUTHENTICATION = 5  # key or replay
    UNKNOWN = 6  # sent, but nobody can say whether it was carried out
    INCOMPLETE = 7  # data has gaps; all of them are listed
    VERSION = 8  # protocol or schema differ
    OCCUPIED = 9  # another client holds the link
    INTERRUPTED = 130  # Ctrl-C
