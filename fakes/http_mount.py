"""Applications in the place of a server: ASGI and WSGI, called in this process."""

from __future__ import annotations

import contextvars
import inspect
import io
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from bigfoot.errors import InvalidArgumentError

from .http_request import Request

Application = Callable[..., Any]
T = TypeVar("T")


def mounted(app: Application, base: str) -> Callable[[Request], Any]:
    """Return a callback that has an application answer.

    Arguments:
        app: an ASGI application (a coroutine function of scope, receive, send) or a WSGI one (a function of environ
            and start_response).
        base: the URL that it is mounted at, without a slash at its end.

    Raises:
        InvalidArgumentError: it cannot be called.
    """
    if not callable(app):
        raise InvalidArgumentError("app", app, "give an ASGI or WSGI application")
    if _is_asgi(app):

        def answer(request: Request) -> Coroutine[Any, Any, dict[str, Any]]:
            return _asgi(app, base, request)

        answer.anywhere = True  # type: ignore[attr-defined]  # it needs no loop of the caller's
        return answer
    return lambda request: _wsgi(app, base, request)


def _is_asgi(app: Any) -> bool:
    call = app if inspect.isfunction(app) or inspect.ismethod(app) else getattr(app, "__call__", app)  # noqa: B004
    if inspect.iscoroutinefunction(call):
        return True
    try:
        return len(inspect.signature(call).parameters) >= 3
    except (TypeError, ValueError):
        return False


async def _asgi(app: Application, base: str, request: Request) -> dict[str, Any]:
    parts, root = urlsplit(request.url), urlsplit(base).path
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path) or "/",
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "root_path": root,
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.multi_items()
        ],
        "client": ("127.0.0.1", 50000),
        "server": (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)),
        "state": {},
    }
    answer: dict[str, Any] = {}
    body = io.BytesIO()
    unread = [{"type": "http.request", "body": request.content, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return unread.pop() if unread else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            answer["headers"] = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            body.write(message.get("body", b""))

    await app(scope, receive, send)
    return {**answer, "body": body.getvalue()}


def _wsgi(app: Application, base: str, request: Request) -> dict[str, Any]:
    parts, root = urlsplit(request.url), urlsplit(base).path
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": root,
        "PATH_INFO": unquote(parts.path.removeprefix(root) or "/", "latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(request.content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    answer: dict[str, Any] = {}
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        code, _, reason = status.partition(" ")
        answer.update(status=int(code), reason=reason, headers=list(headers))
        return written.append

    result = app(environ, start_response)
    try:
        written.extend(result)
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            close()
    return {**answer, "body": b"".join(written)}


def run_apart(awaitable: Awaitable[T]) -> T:
    """Run an awaitable to its end in a thread and loop of its own, and return what it returns."""
    import asyncio

    outcome: list[Any] = []

    async def main() -> T:
        return await awaitable

    def run() -> None:
        try:
            outcome.extend((True, asyncio.run(main())))
        except BaseException as error:
            outcome.extend((False, error))
            if not isinstance(error, Exception):
                raise

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="bigfoot-application")
    thread.start()
    thread.join()
    succeeded, value = outcome
    if not succeeded:
        raise value
    result: T = value
    return result
