"""A real HTTP server on loopback: the world outside, as far as these tests are concerned."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Loopback:
    """What the server is asked, and where it listens.

    Attributes:
        url: its base URL, without a slash at the end.
        seen: the requests so far, as `"METHOD /path?query"`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: list[str] = []


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Run the server; it answers with JSON that says which path was asked for, and echoes a body as it is."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer(json.dumps({"path": self.path}).encode(), "application/json")

        def do_POST(self) -> None:
            if self.headers.get("transfer-encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.answer(body, self.headers.get("content-type", "application/octet-stream"))

        def answer(self, body: bytes, kind: str) -> None:
            live.seen.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the output belongs to the tests."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True  # a client that keeps its connection alive must not keep the server alive

    with Server(("127.0.0.1", 0), Handler) as server:
        live = Loopback(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield live
        finally:
            server.shutdown()
            thread.join()
