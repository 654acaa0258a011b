"""What waits to be sent to one client.

Results and stages always go: a client has few calls open. Rows of a stream come as the board makes
them; when a client does not read them fast enough, rows are left out, and the place says how many:
{"id": 2, "gap": {"dropped": 17}}.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

MOST_QUEUED = 1000


class Outbox:
    """Objects for one client, in order. For the thread of the event loop only."""

    def __init__(self, most_queued: int = MOST_QUEUED) -> None:
        self._most = most_queued
        self._queue: deque[str] = deque()
        self.size = 0  # characters queued
        self.on_sent: Callable[[], None] = lambda: None
        self._idle = asyncio.Event()
        self._idle.set()
        self._dropped: dict[int, int] = {}  # by stream
        self._ready = asyncio.Event()
        self.dropped_total = 0

    def __len__(self) -> int:
        return len(self._queue)

    def send(self, told: dict[str, Any]) -> None:
        """Queues an object that must arrive."""
        line = json.dumps(told)
        self._queue.append(line)
        self.size += len(line)
        self._idle.clear()
        self._ready.set()

    def stream(self, told: dict[str, Any]) -> None:
        """Queues an object of a stream; may be left out."""
        number = told["id"]
        if number in self._dropped or len(self._queue) >= self._most:
            self._dropped[number] = self._dropped.get(number, 0) + 1
            self.dropped_total += 1
            return
        self.send(told)

    def end_stream(self, number: int) -> None:
        """A stream has ended; what was left out last is told now."""
        self._tell_dropped(number)

    async def pump(self, write: Callable[[str], Awaitable[None]]) -> None:
        """Writes what is queued, each object as one line of JSON, until cancelled."""
        while True:
            if not self._queue:
                for number in list(self._dropped):
                    self._tell_dropped(number)
            if not self._queue:
                self._ready.clear()
                await self._ready.wait()
                continue
            line = self._queue.popleft()
            await write(line)
            self.size -= len(line)
            if not self._queue and not self._dropped:
                self._idle.set()
            self.on_sent()

    async def written(self) -> None:
        """Waits until all that was queued has been written."""
        await self._idle.wait()

    def _tell_dropped(self, number: int) -> None:
        count = self._dropped.pop(number, 0)
        if count:
            self.send({"id": number, "gap": {"dropped": count}})
