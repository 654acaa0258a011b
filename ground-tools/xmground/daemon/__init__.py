"""xmg serve: one process holds the link, many clients share it.

  link.py     the thread that owns the link and the session; jobs by priority, reconnection
  lease.py    who may command
  outbox.py   what a client is sent: bounded, so that one that does not read stops nobody
  calls.py    a client's calls
  gather.py   what the daemon asks by itself: logs, clock, health; into the archive
  timeline.py slots, planned and observed
  server.py   the Unix socket, and the life of the whole
  http.py     the same over HTTP, metrics.py its /metrics

The session waits for the board in its own thread; asyncio serves the clients in the main one. The
two hand each other jobs and finished values, never state.
"""
