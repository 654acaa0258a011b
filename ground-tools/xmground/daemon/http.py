"""The daemon over HTTP: /ws (the calls, as on the Unix socket), /metrics, and the web page.

Whoever can open a connection may read; commands need the token, which only this user can read from
its file. A page of another site that the operator's browser shows must get nothing: requests whose
Origin or Host is not the daemon's own address are refused.
"""

import asyncio
import hmac
import logging
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from ..errors import UsageError
from .calls import parsed
from .metrics import CONTENT_TYPE, exposition

if TYPE_CHECKING:
    from .server import Server

LOG = logging.getLogger("xmg.http")
PAGE = Path(__file__).resolve().parent.parent / "web"
LONGEST_MESSAGE_BYTES = 1 << 20
HEARTBEAT_S = 20.0
LOCAL = {"127.0.0.1", "localhost", "::1"}
# The library that draws the page's plots, where Debian puts it.
CHART = Path("/usr/share/javascript/chart.js/chart.min.js")
NO_CHART = "No plots: the daemon's machine has no Chart.js. Install libjs-chart.js there.\n"
# The page loads nothing from elsewhere, runs nothing but its files, and is shown in nobody's frame.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def parse_address(text: str) -> tuple[str, int]:
    """HOST:PORT; port 0 lets the system choose. Raises UsageError."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"--http {text!r}: needs HOST:PORT, such as 127.0.0.1:5580")
    return host, int(port)


def token_path(socket_path: Path) -> Path:
    """Where the daemon that listens at the socket keeps its token."""
    return socket_path.with_name(socket_path.name + ".token")


def make_token(path: Path) -> str:
    """A new token, in a file that only this user can read. Raises UsageError."""
    token = secrets.token_urlsafe(24)
    try:
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write(token + "\n")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
    return token


class HttpServer:
    """The daemon's HTTP side."""

    def __init__(self, server: "Server", host: str, port: int, token_file: Path) -> None:
        self._server, self._host, self._port = server, host, port
        self._token_file = token_file
        self._token = ""
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        """Listens. Raises UsageError."""
        self._token = make_token(self._token_file)
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/ws", self._websocket)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/", self._index)
        app.router.add_get("/chart.js", self._chart)
        if PAGE.is_dir():
            app.router.add_static("/", PAGE)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, shutdown_timeout=0.1)
        try:
            await site.start()
        except OSError as error:
            raise UsageError(
                f"cannot listen at {self._host}:{self._port}: {error.strerror or error}: name "
                "another --http HOST:PORT"
            ) from error
        self._port = self._runner.addresses[0][1]
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{shown}:{self._port}/"
        if self._host not in LOCAL:
            LOG.warning("%s can be read by everybody who reaches it", self.url)
        LOG.info("serving %s", self.url)

    async def stop(self) -> None:
        """Closes all connections."""
        if self._runner:
            await self._runner.cleanup()
        self._token_file.unlink(missing_ok=True)

    def _is_own(self, host: str | None) -> bool:
        """Whether host[:port] is how this daemon is called. A name that another site has pointed
        at this machine is not; where all addresses are served, any address will do."""
        try:
            parts = urlsplit(f"//{host}")
            port = parts.port or 80
        except ValueError:
            return False
        name = parts.hostname or ""
        own = LOCAL | {self._host}
        if self._host in ("0.0.0.0", "::"):
            own.add(name if name.replace(".", "").isdecimal() or ":" in name else self._host)
        return name in own and port == self._port

    @web.middleware
    async def _guard(self, request: web.Request, handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        own = self._is_own(request.host)
        if origin is not None:
            own = own and urlsplit(origin).netloc == request.host
        if not own:
            raise web.HTTPForbidden(text="this address is not the daemon's own\n")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def _index(self, request: web.Request) -> web.StreamResponse:
        page = PAGE / "index.html"
        if not page.is_file():
            return web.Response(text="xmg serve: calls at /ws, metrics at /metrics\n")
        return web.FileResponse(page, headers=HEADERS)

    async def _chart(self, request: web.Request) -> web.StreamResponse:
        if not CHART.is_file():
            return web.Response(status=404, text=NO_CHART)
        return web.FileResponse(CHART)

    async def _metrics(self, request: web.Request) -> web.Response:
        body = exposition(self._server.status())
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=LONGEST_MESSAGE_BYTES)
        await socket.prepare(request)

        def may_command(token: str) -> bool:
            return hmac.compare_digest(token.encode(), self._token.encode())

        async def read(take) -> None:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                await take(parsed(message.data))

        await self._server.serve_peer(f"http {request.remote}", socket.send_str, read, may_command)
        try:
            await asyncio.wait_for(socket.close(), 0.2)
        except asyncio.TimeoutError:
            LOG.debug("a client did not close")
        return socket
