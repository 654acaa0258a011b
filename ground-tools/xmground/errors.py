"""Everything that can go wrong, one class per exit code. The message is one sentence that ends with
the remedy."""

from .status import Status


class XmgError(Exception):
    """Base of all errors that an operator may see."""

    status = Status.FAILED


class CommandFailed(XmgError):
    """The board took the command, but its effect did not come."""

    status = Status.FAILED


class UsageError(XmgError):
    """The operator asked for something that does not exist, or did not confirm."""

    status = Status.USAGE


class LinkUnavailable(XmgError):
    """The link cannot be opened, or was closed by the other side."""

    status = Status.NO_LINK


class ArchiveError(XmgError):
    """The archive's database cannot be used, or refused something; what it holds is intact."""

    status = Status.FAILED


class NoAnswer(XmgError):
    """Nothing came back in time."""

    status = Status.NO_LINK


class Rejected(XmgError):
    """Refused by the board before anything changed."""

    status = Status.REJECTED


class AuthenticationError(XmgError):
    """Board and console do not share a key, or the console's key cannot be used."""

    status = Status.AUTHENTICATION


class OutcomeUnknown(XmgError):
    """A command was sent and may or may not have been carried out."""

    status = Status.UNKNOWN


class BoardRebooted(OutcomeUnknown):
    """The board started anew while a command was under way."""

    def __init__(self, message: str, request_id: int, boot_id: int) -> None:
        """request_id: of the command; boot_id: of the boot that it was sent to."""
        super().__init__(message)
        self.request_id = request_id
        self.boot_id = boot_id


class DataIncomplete(XmgError):
    """What was read has gaps."""

    status = Status.INCOMPLETE


class VersionMismatch(XmgError):
    """The board speaks another version of the protocol."""

    status = Status.VERSION


class LinkOccupied(XmgError):
    """Another client holds the link."""

    status = Status.OCCUPIED
