"""Pieces of code for websocket-client: functions, the `WebSocket` class, and `WebSocketApp` with its callbacks."""

from __future__ import annotations

import ssl
import threading
from contextlib import closing
from typing import Any

import websocket
from websocket import ABNF, WebSocketApp
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from .websocket_server import CLOSE, PING, SEND, Snippet, closes, collector, connect, fails, recv

WEBSOCKET_CLIENT: list[Snippet] = []
talks = collector(WEBSOCKET_CLIENT)

Tls = ssl.SSLContext | None
BIG = "x" * 300_000


def trust(tls: Tls) -> Any:
    return {"context": tls} if tls is not None else {}


def dial(url: str, tls: Tls, **options: Any) -> Any:
    return websocket.create_connection(url, sslopt=trust(tls), timeout=10, **options)


@talks(connect(), SEND, recv("pong"), CLOSE)
def round_trip(url: str, tls: Tls) -> Any:
    ws = dial(url, tls)
    ws.send("ping")
    answer = ws.recv()
    ws.close()
    return answer, ws.connected


@talks(connect(), recv("first"), recv("second"), SEND, CLOSE)
def server_first(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        got = [ws.recv(), ws.recv()]
        ws.send("thanks")
        return got


@talks(connect(), *[SEND, recv("pong")] * 5, CLOSE)
def several_rounds(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        return [(ws.send(f"ping {number}") > 0, ws.recv()) for number in range(5)]


@talks(connect(), SEND, recv("x"), CLOSE)
def by_class(url: str, tls: Tls) -> Any:
    ws: Any = websocket.WebSocket(sslopt=trust(tls))
    ws.settimeout(10)
    ws.connect(url)
    ws.send("a")
    answer = ws.recv()
    ws.close()
    return answer, ws.status, ws.getsubprotocol()


@talks(connect(), SEND, recv(b"\x00\xff"), CLOSE)
def binary(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        ws.send_binary(b"\xff\x00")
        return ws.recv()


@talks(connect(), SEND, recv(b"\x01"), CLOSE)
def recv_data(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        ws.send_bytes(b"\x02")
        return ws.recv_data()


@talks(connect(), SEND, CLOSE)
def send_text(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        return ws.send_text("grüße")


@talks(connect(), recv(["to", "geth", "er"]), CLOSE)
def fragments(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        return ws.recv()


@talks(connect(), recv(["to", "geth", "er"]), CLOSE)
def fragment_by_fragment(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls, fire_cont_frame=True)) as ws:
        frames = [ws.recv_data() for _ in range(3)]
        return [data for _, data in frames]


@talks(connect(), SEND, CLOSE)
def sent_in_fragments(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        ws.send_frame(ABNF.create_frame("in ", ABNF.OPCODE_TEXT, 0))
        ws.send_frame(ABNF.create_frame("pieces", ABNF.OPCODE_CONT, 1))
        return "sent"


@talks(connect(), SEND, recv(BIG), CLOSE)
def much(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        ws.send(BIG)
        return len(ws.recv())


@talks(connect(subprotocol="chat.v2"), CLOSE)
def subprotocol(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls, subprotocols=["chat.v1", "chat.v2"])) as ws:
        return ws.getsubprotocol(), ws.subprotocol


@talks(connect(headers={"X-Session": "7"}), CLOSE)
def headers(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls, header=["X-Mine: 1"], origin="https://a.example", cookie="a=b")) as ws:
        return ws.getheaders()["x-session"], ws.getstatus()


@talks(connect(), PING, CLOSE)
def pinged(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        ws.ping("are you there")
        opcode, frame = ws.recv_data_frame(control_frame=True)
        return opcode, frame.data


@talks(connect(), PING._replace(returns=b"hello?"), recv("after"), CLOSE)
def answers_a_ping(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        opcode, frame = ws.recv_data_frame(control_frame=True)
        return opcode, frame.data, ws.recv()


@talks(connect(), recv("before"), CLOSE)
def close_with_a_reason(url: str, tls: Tls) -> Any:
    ws = dial(url, tls)
    ws.recv()
    ws.close(3000, b"enough")
    return ws.connected


@talks(connect(), closes(1001, "going away"))
def told_to_go(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        return ws.recv_data()


@talks(connect(), recv("a"), closes(1000))
def recv_after_closing(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        got = [ws.recv(), ws.recv()]
        try:
            ws.recv()
        except websocket.WebSocketConnectionClosedException as error:
            return got, str(error)
        return got


@talks(connect(), fails("recv", ConnectionClosedError(Close(1011, "broken"), None)))
def closed_by_an_error(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        opcode, frame = ws.recv_data_frame()
        return opcode, frame.data


@talks(connect(), recv("last"), fails("recv", websocket.WebSocketConnectionClosedException("gone")))
def lost(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        got = [ws.recv()]
        try:
            ws.recv()
        except (websocket.WebSocketConnectionClosedException, ssl.SSLEOFError):
            got.append("lost")
        return got


@talks(connect(), recv("last"), fails("recv", ConnectionResetError()), plain="a reset by TLS depends on its buffers")
def reset(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        got = [ws.recv()]
        try:
            ws.recv()
        except ConnectionResetError as error:
            got.append(type(error).__name__)
        return got


@talks(connect(), fails("recv", websocket.WebSocketTimeoutException()), SEND, recv("late"), CLOSE)
def timed_out(url: str, tls: Tls) -> Any:
    with closing(websocket.create_connection(url, sslopt=trust(tls), timeout=10)) as ws:
        ws.settimeout(0.05)
        try:
            ws.recv()
        except websocket.WebSocketTimeoutException:
            ws.settimeout(10)
            ws.send("still there?")
            return ws.recv()
        return "nothing"


@talks(connect(status=403, body="go away"))
def forbidden(url: str, tls: Tls) -> Any:
    try:
        dial(url, tls)
    except websocket.WebSocketBadStatusException as error:
        return error.status_code, error.resp_body
    return "opened"


@talks(
    [connect(status=302, headers={"Location": "redirected"}, body="")],
    plain="the place to go to is another scheme's",
)
def not_redirected(url: str, tls: Tls) -> Any:
    try:
        dial(url, tls, redirect_limit=0)
    except websocket.WebSocketException as error:
        return type(error).__name__
    return "opened"


@talks(connect(), recv("a"), recv("b"), closes(1000))
def iterated(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as ws:
        got: list[Any] = []
        for message in ws:
            if not message:
                return got
            got.append(message)
        return got


@talks([connect(), recv("1"), CLOSE], [connect(), recv("2"), CLOSE])
def two_at_once(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls)) as one:
        got = [one.recv()]
        with closing(dial(url, tls)) as two:
            return [*got, two.recv()]


@talks(connect(), SEND, recv("done"), CLOSE)
def two_threads(url: str, tls: Tls) -> Any:
    with closing(dial(url, tls, enable_multithread=True)) as ws:
        got: list[Any] = []
        reader = threading.Thread(target=lambda: got.append(ws.recv()))
        reader.start()
        ws.send("go")
        reader.join(10)
        return got


def run_app(url: str, tls: Tls, events: list[Any], **callbacks: Any) -> Any:
    """Run an app until it is closed, and return what its callbacks were told."""
    app = WebSocketApp(
        url,
        on_open=callbacks.pop("on_open", lambda app: events.append("open")),
        on_message=callbacks.pop("on_message", lambda app, message: events.append(message)),
        on_error=callbacks.pop("on_error", lambda app, error: events.append(type(error).__name__)),
        on_close=callbacks.pop("on_close", lambda app, code, reason: events.append((code, reason))),
        **callbacks,
    )
    app.run_forever(sslopt=trust(tls))
    return events


@talks(connect(), recv("a"), recv("b"), CLOSE)
def app(url: str, tls: Tls) -> Any:
    events: list[Any] = []

    def on_message(app: WebSocketApp, message: str) -> None:
        events.append(message)
        if message == "b":
            app.close()

    return run_app(url, tls, events, on_message=on_message, on_close=lambda app, code, reason: events.append("closed"))


@talks(connect(), SEND, recv("pong"), CLOSE)
def app_that_sends(url: str, tls: Tls) -> Any:
    events: list[Any] = []

    def on_message(app: WebSocketApp, message: str) -> None:
        events.append(message)
        app.close()

    return run_app(
        url,
        tls,
        events,
        on_open=lambda app: app.send("ping"),
        on_message=on_message,
        on_close=lambda app, code, reason: events.append("closed"),
    )


@talks(connect(), recv("a"), closes(4000, "bye"))
def app_closed_by_the_server(url: str, tls: Tls) -> Any:
    return run_app(url, tls, [])


@talks(connect(status=403, body="go away"))
def app_forbidden(url: str, tls: Tls) -> Any:
    return run_app(url, tls, [])


@talks([connect(), recv("one"), closes(1012)], [connect(), recv("two"), CLOSE])
def app_that_reconnects(url: str, tls: Tls) -> Any:
    got: list[Any] = []

    def on_message(app: WebSocketApp, message: str) -> None:
        got.append(message)
        if message == "two":
            app.close()

    app = WebSocketApp(url, on_message=on_message)
    # Whole seconds are meant, but any number is taken.
    app.run_forever(sslopt=trust(tls), reconnect=0.01)  # type: ignore[arg-type]
    return got
