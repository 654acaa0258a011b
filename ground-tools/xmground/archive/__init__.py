"""The archive: what the ground has ever learnt of its boards, in a database (docs/archive.md)."""

from .store import Added, Archive

__all__ = ["Added", "Archive"]
