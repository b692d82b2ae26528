"""Replies that do not come at once, or not whole, as aiohttp meets them: in its own time, with its own exceptions.

What the wire does (bytes, their end, a reset) aiohttp turns into its exceptions by itself. What it does not do,
connecting and waiting, is raised here in aiohttp's public classes and its own words.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from typing import TYPE_CHECKING, Any

from .http import bodiless
from .http_delivery import Delivery
from .http_script import GARBAGE, Delay, Fault, Item

if TYPE_CHECKING:
    from aiohttp import ClientRequest, ClientTimeout

    from .aiohttp_wire import Wire

CONNECTING, READING = "connect", "read"


class Player:
    """Plays the script of one reply.

    Arguments:
        delivery: the call's way through the reply.
        req: aiohttp's request.
        timeout: aiohttp's timeouts for it.
    """

    def __init__(self, delivery: Delivery, req: ClientRequest, timeout: ClientTimeout) -> None:
        self._delivery = delivery
        self._req = req
        self._timeout = timeout
        self._passed = 0.0
        self._silent = 0.0

    async def refuse(self) -> None:
        """Raise what connecting raises, where the reply is that there is no connection; else do nothing."""
        fault = self._delivery.reply.fault
        if fault is None or not fault.before_connection:
            return
        try:
            for item in self._delivery.head():
                if isinstance(item, Delay):
                    await self._pause(item, CONNECTING)
                elif item.kind == "timeout":
                    await self._wait(CONNECTING)
                else:
                    raise _refusal(item, self._req)
        except BaseException as error:
            self._delivery.fail(error)
            raise

    async def play(self, wire: Wire) -> None:
        """Feed the reply to aiohttp as its script says."""
        delivery, reply, method = self._delivery, self._delivery.reply, self._req.method
        chunked = reply.chunked()
        started = False
        try:
            await self.refuse()
            for item in delivery.head():
                if await self._befalls(item, wire):
                    return
            delivery.begin(method)
            await wire.feed(reply.head(method))
            started = True
            async for piece in delivery.body_async(method):
                if not isinstance(piece, bytes):
                    if await self._befalls(piece, wire):
                        return
                elif piece:
                    self._silent = 0.0
                    delivery.take(piece)
                    await wire.feed(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            delivery.finished = True
            if chunked and not bodiless(method, reply.status):
                await wire.feed(reply.last_chunk())
            wire.complete(delimited=chunked or reply.declared_length() is not None)
        except asyncio.CancelledError:  # aiohttp closed the connection, perhaps because it has all that it expects
            raise
        except BaseException as error:
            delivery.fail(error)
            if started:
                await self._told(error)
            raise
        finally:
            delivery.done()

    async def _befalls(self, item: Item, wire: Wire) -> bool:
        """Let a pause pass, or do what the wire does instead of the rest; True if that was the end."""
        match item:
            case Delay():
                await self._pause(item, READING)
                return False
            case Fault("timeout" | "stall"):
                await self._wait(READING)
            case Fault("reset"):
                error = ConnectionResetError(104, "Connection reset by peer")
                self._delivery.fail(error)
                wire.lose(error)
            case Fault(kind):
                if kind == "garbage":
                    await wire.feed(GARBAGE)
                wire.lose(None)
            case BaseException():
                raise item
        return True

    async def _pause(self, delay: Delay, phase: str) -> None:
        allowed, error = self._patience(phase)
        seconds = min(delay.seconds, allowed)
        waiting, _ = self._delivery.elapse(Delay(seconds, delay.real), None)
        if waiting:
            await asyncio.sleep(waiting)
        self._passed += seconds
        self._silent += seconds
        if delay.seconds > allowed:
            raise error

    async def _wait(self, phase: str) -> None:
        """Let silence pass until one of aiohttp's timeouts ends it."""
        allowed, error = self._patience(phase)
        if math.isinf(allowed):
            self._delivery.stall(None)
        self._delivery.elapse(Delay(allowed), None)
        raise error

    def _patience(self, phase: str) -> tuple[float, Exception]:
        """Return how many more seconds aiohttp waits, and what it raises then."""
        import aiohttp

        late: Any
        limits: list[tuple[float | None, float, Any, str]]
        if phase == CONNECTING:
            late = getattr(aiohttp, "ConnectionTimeoutError", aiohttp.ServerTimeoutError)  # since 3.10
            words = f"Connection timeout to host {self._req.url}"
            limits = [(limit, 0.0, late, words) for limit in (self._timeout.connect, self._timeout.sock_connect)]
        else:
            late = getattr(aiohttp, "SocketTimeoutError", aiohttp.ServerTimeoutError)  # since 3.10
            limits = [(self._timeout.sock_read, self._silent, late, "Timeout on reading data from socket")]
        left = [(limit - used, kind(words)) for limit, used, kind, words in limits if limit]
        if self._timeout.total:
            left.append((self._timeout.total - self._passed, TimeoutError()))
        return min(left, key=lambda each: each[0], default=(math.inf, TimeoutError()))

    async def _told(self, error: BaseException) -> None:
        """Put the exception into the body that the application reads, as soon as it has the head."""
        while self._req.response is None or self._req.response.content is None:
            await asyncio.sleep(0)
        self._req.response.content.set_exception(error)


def _refusal(fault: Fault, req: ClientRequest) -> Exception:
    """Return what `TCPConnector` raises when it gets no connection."""
    import socket

    import aiohttp

    key = req.connection_key
    match fault:
        case Fault("refused"):
            address = (req.host, req.port)
            return aiohttp.ClientConnectorError(key, ConnectionRefusedError(111, f"Connect call failed {address}"))
        case Fault("dns"):
            kind: Any = getattr(aiohttp, "ClientConnectorDNSError", aiohttp.ClientConnectorError)  # since 3.10
            error: Exception = kind(key, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
            return error
        case Fault(_, phase):
            host = f"Hostname mismatch, certificate is not valid for '{req.host}'."
            reason = host if phase == "host" else "unable to get local issuer certificate"
            words = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {reason}"
            return aiohttp.ClientConnectorCertificateError(key, ssl.SSLCertVerificationError(1, words))
