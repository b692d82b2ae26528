"""The client's own limit: the same call with nothing in it but the client, answered from memory.

What each client gets is an object of the class that it would get from the network.
"""

from __future__ import annotations

import asyncio
import http.client
import importlib
import io
import urllib.request
import urllib.response
from collections.abc import Callable
from email.message import Message
from typing import Any, cast

from ..answer import BODY, HEADERS, WIRE
from . import EVERY_CLIENT, Contender


class Limit(Contender):
    name = "limit"
    clients = EVERY_CLIENT
    many = 10_000

    def __init__(self, client: str) -> None:
        super().__init__(client)
        doors: dict[str, Callable[[], Any]] = {
            "requests": adapter,
            "requests_no_env": adapter,
            "urllib": HttpAnswer,
            "aiohttp": connector,
        }
        self.door = doors.get(client) or mock_transport("httpx2" if client == "httpx2" else "httpx")


class LimitWithoutResponse(Contender):
    """An `addinfourl`: cheaper than the HTTPResponse that urllib gets from the network."""

    name = "limit (addinfourl)"
    clients = frozenset({"urllib"})
    second_way = True

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self.door = InfoAnswer


class LimitOneTurnLater(Contender):
    """Answering in the next turn of the event loop, as no network can do better."""

    name = "limit (a turn later)"
    clients = frozenset({"aiohttp"})
    second_way = True

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self.door = lambda: connector(LaterMemory)


def mock_transport(module: str) -> Callable[[], Any]:
    httpx = importlib.import_module(module)
    return lambda: httpx.MockTransport(lambda request: httpx.Response(200, headers=HEADERS, content=BODY))


def adapter() -> Any:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter

    adapter = HTTPAdapter()

    def send(request: Any, **options: object) -> requests.Response:
        raw = urllib3.HTTPResponse(io.BytesIO(BODY), HEADERS, 200, reason="OK", preload_content=False)
        return adapter.build_response(request, raw)

    setattr(adapter, "send", send)  # noqa: B010 - Session only asks the instance it has mounted
    return adapter


class Wire:
    """What an HTTPResponse wants of a socket."""

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(WIRE)


class HttpAnswer(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(cast(Any, Wire()), method="GET")
        response.begin()
        response.msg = cast(Any, response.reason)  # as AbstractHTTPHandler.do_open does
        return response


class InfoAnswer(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        headers = Message()
        headers["content-type"] = HEADERS["content-type"]
        response = urllib.response.addinfourl(io.BytesIO(BODY), headers, req.full_url, 200)
        setattr(response, "msg", "OK")  # noqa: B010 - HTTPErrorProcessor reads it
        return cast(http.client.HTTPResponse, response)


class Memory(asyncio.Transport):
    """Answers each request of a real ResponseHandler in the same breath."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._protocol, self._closed = protocol, False

    def write(self, data: Any) -> None:
        if bytes(data).endswith(b"\r\n\r\n"):
            self.answer(WIRE)

    def answer(self, data: bytes) -> None:
        self._protocol.data_received(data)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)


class LaterMemory(Memory):
    def answer(self, data: bytes) -> None:
        asyncio.get_running_loop().call_soon(self._protocol.data_received, data)


def connector(wire: type[Memory] = Memory) -> Any:
    import aiohttp
    from aiohttp.client_proto import ResponseHandler

    class Canned(aiohttp.BaseConnector):
        # Not public by name, but the method that every connector outside aiohttp overrides.
        async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> ResponseHandler:
            protocol = ResponseHandler(asyncio.get_running_loop())
            protocol.connection_made(wire(protocol))
            return protocol

    return Canned()
