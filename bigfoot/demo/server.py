"""The warehouse: a small real HTTP server on this machine, so that the demo needs no network to pass calls through."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STOCK = {"teapot": 3, "kettle": 0}


class Warehouse:
    """Serves from a thread of its own while it is open.

    Attributes:
        url: where it listens, without a slash at the end.
        requests: what it was asked, one line a request.

    Example:
        >>> with Warehouse() as warehouse:
        ...     warehouse.requests
        []
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.requests))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Warehouse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(requests: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sku = self.path.rpartition("/")[2]
            self._answer(200 if sku in STOCK else 404, {"sku": sku, "left": STOCK.get(sku, 0)})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self._answer(202, {"reserved": json.loads(body)["pieces"]})

        def _answer(self, status: int, content: Any) -> None:
            requests.append(self.requestline)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet: the terminal belongs to the demo."""

    return Handler
