"""The archive: what the ground has ever learnt of its boards, in a database (docs/archive.md)."""

from .filing import Added
from .store import Archive

__all__ = ["Added", "Archive"]
