"""What else rides on http.client: itself, httplib2 and xmlrpc.client."""

from __future__ import annotations

import http.client
import io
import json
import socket
import xmlrpc.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from .corpus import Corpus, raised, shown, slices
from .server import unix_path

corpus = Corpus()


def connected(base: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)


def seen(response: http.client.HTTPResponse) -> dict[str, object]:
    """All that an application can see of a response."""
    return {
        "status": (response.status, response.reason, response.version, response.chunked),
        "headers": shown(response.getheaders()),
        "body": response.read(),
        "closed": response.isclosed(),
    }


def asked(connection: http.client.HTTPConnection, *request: Any, **more: Any) -> dict[str, object]:
    connection.request(*request, **more)
    return seen(connection.getresponse())


@corpus.add
def get(base: str) -> object:
    connection = connected(base)
    try:
        connection.request("GET", "/json", headers={"Accept": "application/json"})
        response = connection.getresponse()
        return json.load(response), response.status, response.getheader("content-type")
    finally:
        connection.close()


@corpus.add
def many_on_one_connection(base: str) -> object:
    connection = connected(base)
    try:
        bodies = [asked(connection, method, "/echo", b"raw", {"X-A": "1"}) for method in ("POST", "PUT", "PATCH")]
        plain = [asked(connection, method, "/echo?x=1") for method in ("GET", "HEAD", "DELETE", "OPTIONS", "PURGE")]
        return bodies, plain, asked(connection, "GET", "/nothing"), asked(connection, "GET", "/etag")
    finally:
        connection.close()


@corpus.add
def closed_by_the_server_in_between(base: str) -> object:
    connection = connected(base)
    try:
        first = asked(connection, "GET", "/close")
        return first, asked(connection, "GET", "/close"), asked(connection, "GET", "/empty")
    finally:
        connection.close()


@corpus.add
def put_together_by_hand(base: str) -> object:
    connection = connected(base)
    try:
        connection.putrequest("POST", "/mirror", skip_accept_encoding=True)
        connection.putheader("X-Many", "1", "2")
        connection.putheader("Content-Type", "text/x")
        connection.putheader("Content-Length", "11")
        connection.endheaders()
        connection.send(b"hello ")
        connection.send(io.BytesIO(b"world"))
        return seen(connection.getresponse())
    finally:
        connection.close()


@corpus.add
def chunked_by_the_library(base: str) -> object:
    connection = connected(base)
    try:
        generated = asked(connection, "POST", "/mirror", slices(b"generated" * 50, 32))
        encoded = asked(
            connection,
            "POST",
            "/mirror",
            iter([b"a", b"bc"]),
            {"Transfer-Encoding": "chunked"},
            encode_chunked=True,
        )
        return generated, encoded, asked(connection, "POST", "/mirror", "text")
    finally:
        connection.close()


@corpus.add
def states_of_a_connection(base: str) -> object:
    connection = connected(base)
    try:
        connection.request("GET", "/json")
        early = raised(connection.request, "GET", "/json")
        response = connection.getresponse()
        unread = raised(connection.getresponse)
        return early, unread, seen(response), asked(connection, "GET", "/empty"), connection.host
    finally:
        connection.close()


@corpus.like(keeps=["content-length"])
def lengths_and_pieces(base: str) -> object:
    connection = connected(base)
    try:
        connection.request("GET", "/bytes/5000")
        response = connection.getresponse()
        pieces = response.length, response.read(10), response.read1(5), response.peek(3)[:3], response.length
        rest = response.read()
        connection.request("HEAD", "/bytes/77")
        head = connection.getresponse()
        return pieces, rest, head.getheader("content-length"), head.read()
    finally:
        connection.close()


@corpus.like(keeps=["transfer-encoding"])
def lines_of_a_chunked_response(base: str) -> object:
    connection = connected(base)
    try:
        connection.request("GET", "/lines")
        response = connection.getresponse()
        return response.readline(), [json.loads(line) for line in response], response.isclosed()
    finally:
        connection.close()


@corpus.like(keeps=["transfer-encoding"])
def own_connection_class(base: str) -> object:
    class Noting(http.client.HTTPConnection):
        connects = 0

        def connect(self) -> None:
            self.connects += 1
            super().connect()

    connection = Noting(urlsplit(base).netloc)
    try:
        return asked(connection, "GET", "/json"), asked(connection, "GET", "/chunked")
    finally:
        connection.close()


@corpus.add
def over_a_unix_socket(base: str) -> object:
    class Local(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.connect(unix_path(base))

    connection = Local("localhost")
    try:
        return asked(connection, "GET", "/json"), asked(connection, "POST", "/mirror", b"x")
    finally:
        connection.close()


@corpus.add
def body_that_fails(base: str) -> object:
    def body() -> Iterator[bytes]:
        yield b"some of it"
        raise KeyError("the rest")

    connection = connected(base)
    try:
        return raised(connection.request, "POST", "/mirror", body())
    finally:
        connection.close()


@corpus.add
def connected_ahead(base: str) -> object:
    connection = connected(base)
    try:
        connection.connect()
        return asked(connection, "GET", "/json")
    finally:
        connection.close()


def _warm(base: str) -> http.client.HTTPConnection:
    connection = connected(base)
    asked(connection, "GET", "/json")
    return connection


@corpus.like(prepare=_warm)
def connection_opened_before(base: str, connection: http.client.HTTPConnection) -> object:
    try:
        return asked(connection, "GET", "/json"), asked(connection, "POST", "/mirror", b"x")
    finally:
        connection.close()


@corpus.add
def xmlrpc_calls(base: str) -> object:
    with xmlrpc.client.ServerProxy(f"{base}/xmlrpc", allow_none=True) as server:
        described = server.describe()
        assert isinstance(described, dict) and isinstance(described["list"], list)
        return server.add(2, 3), described["name"], described["list"][:3], raised(server.add, 1), raised(server.missing)


@corpus.add
def xmlrpc_multicall(base: str) -> object:
    with xmlrpc.client.ServerProxy(f"{base}/xmlrpc", headers=[("X-Own", "1")]) as server:
        batch: Any = xmlrpc.client.MultiCall(server)
        batch.add(1, 2)
        batch.add("a", "b")
        return list(batch())


@corpus.add
def xmlrpc_http_error(base: str) -> object:
    try:
        with xmlrpc.client.ServerProxy(f"{base}/status/503") as server:
            server.add(1, 2)
    except xmlrpc.client.ProtocolError as error:
        return error.errcode, error.errmsg, error.url, shown(error.headers.items())
    return None
