"""WebSockets: what a session promises, what is refused, who answers, and what is told to the client."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import ssl
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import websocket
import websockets
from websockets.asyncio.client import connect as dial
from websockets.asyncio.client import unix_connect
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.frames import Close
from websockets.sync.client import connect as dial_in_threads

import bigfoot
from bigfoot import (
    AsyncWebSocketPlugin,
    EndlessWaitError,
    InvalidArgumentError,
    InvalidStateError,
    StrictVerifier,
    SyncWebSocketPlugin,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
)
from bigfoot.fake import installed
from bigfoot.session import Session

URI = "wss://feed.example.com/prices"


@pytest.fixture
def feed(verifier: StrictVerifier) -> AsyncWebSocketPlugin:
    return AsyncWebSocketPlugin(verifier)


@pytest.fixture
def chat(verifier: StrictVerifier) -> SyncWebSocketPlugin:
    return SyncWebSocketPlugin(verifier)


Plugin = AsyncWebSocketPlugin | SyncWebSocketPlugin


def connected(plugin: Plugin, *received: Any, **binding: Any) -> Session:
    """Script a connection that is sent these messages, and that nobody needs to close."""
    session = plugin.new_session(**binding).expect("connect", returns=None)
    for message in received:
        session.expect("recv", returns=message)
    return session


def closes(session: Session) -> Session:
    return session.expect("close", returns=None, required=False)


def steps(verifier: StrictVerifier) -> list[str]:
    return [interaction.source_id.rpartition(":")[2] for interaction in verifier.timeline]


def breaches(verifier: StrictVerifier) -> list[str]:
    return [str(error).splitlines()[0] for error in verifier.verdict.breaches]


class TestReadme:
    async def test_price_feed(self) -> None:
        bigfoot.async_websocket_mock.new_session() \
            .expect("connect", returns=None) \
            .expect("recv", returns='{"price": 42000}') \
            .expect("send", returns=None) \
            .expect("close", returns=None)  # fmt: skip

        async with bigfoot.sandbox(), websockets.connect("wss://feed.example.com/prices") as ws:
            message = await ws.recv()
            await ws.send('{"action": "subscribe", "symbol": "BTC"}')

        assert message == '{"price": 42000}'
        bigfoot.async_websocket_mock.assert_connect(uri="wss://feed.example.com/prices")
        bigfoot.async_websocket_mock.assert_recv(message='{"price": 42000}')
        bigfoot.async_websocket_mock.assert_send(message='{"action": "subscribe", "symbol": "BTC"}')
        bigfoot.async_websocket_mock.assert_close()

    def test_sync_chat_client(self) -> None:
        bigfoot.sync_websocket_mock.new_session() \
            .expect("connect", returns=None) \
            .expect("send", returns=None) \
            .expect("recv", returns='{"status": "ok"}') \
            .expect("close", returns=None)  # fmt: skip

        with bigfoot.sandbox():
            ws = websocket.create_connection("wss://chat.example.com/ws")
            ws.send('{"action": "ping"}')
            reply = ws.recv()
            ws.close()

        assert reply == '{"status": "ok"}'
        bigfoot.sync_websocket_mock.assert_connect(uri="wss://chat.example.com/ws")
        bigfoot.sync_websocket_mock.assert_send(message='{"action": "ping"}')
        bigfoot.sync_websocket_mock.assert_recv(message='{"status": "ok"}')
        bigfoot.sync_websocket_mock.assert_close()

    def test_the_import_paths_of_old(self) -> None:
        from bigfoot.plugins.websocket_plugin import AsyncWebSocketPlugin as First
        from bigfoot.plugins.websocket_plugin import SyncWebSocketPlugin as Second

        assert (First, Second) == (AsyncWebSocketPlugin, SyncWebSocketPlugin)


class TestTheRecord:
    @pytest.mark.parametrize(
        "uri",
        [
            "ws://feed.example.com/",
            "ws://feed.example.com",
            "ws://feed.example.com:8080/a?b=c",
            "ws://FEED.example.com/",
            "wss://feed.example.com:8443/",
            "ws://feed.example.com:443/",
            "ws://127.0.0.1:9/x",
            "ws://[::1]:9/x",
            "ws://user:hunter2@feed.example.com/",
        ],
    )
    @pytest.mark.parametrize("client", ["websockets", "websocket-client"])
    async def test_has_the_uri_as_the_code_named_it(self, verifier: StrictVerifier, client: str, uri: str) -> None:
        plugin = AsyncWebSocketPlugin(verifier) if client == "websockets" else SyncWebSocketPlugin(verifier)
        closes(connected(plugin))
        with verifier.sandbox():
            if client == "websockets":
                async with dial(uri):
                    pass
            else:
                websocket.create_connection(uri).close()
        plugin.assert_connect(uri=uri)
        (found,) = [one.details["uri"] for one in verifier.timeline if one.source_id.endswith("connect")]
        assert "hunter2" not in found
        assert not found.endswith((":80/", "wss://feed.example.com:443/"))

    async def test_has_what_may_be_asserted_and_need_not(
        self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin
    ) -> None:
        session = connected(feed, b"\x00").expect("send", returns=None)
        session.expect("ping", returns=None).expect("close", returns=None)
        async with verifier.sandbox():
            protocols: Any = ["chat", "talk"]
            async with dial(URI, subprotocols=protocols, additional_headers={"X-Mine": "1"}) as ws:
                await ws.recv()
                await ws.send("text")
                await (await ws.ping("data"))
                await ws.close(4000, "enough")
        feed.assert_connect(uri=URI, subprotocols=["chat", "talk"])
        feed.assert_recv(message=b"\x00", binary=True)
        feed.assert_send(message="text", binary=False)
        feed.assert_ping(data="data")
        feed.assert_close(code=4000, reason="enough")
        assert next(iter(verifier.timeline)).extras["headers"]["X-Mine"] == "1"

    def test_knows_json(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        closes(connected(chat).expect("send", returns=None))
        with verifier.sandbox(), closing(websocket.create_connection(URI)) as ws:
            ws.send('{"a": [1, 2]}')
        chat.assert_connect(uri=URI)
        chat.assert_send(message={"a": [1, 2]})

    def test_can_be_pasted(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        connected(chat, "hello", b"\xff").expect("close", returns=None)
        with verifier.sandbox(), closing(websocket.create_connection(URI)) as ws:
            assert (ws.recv(), ws.recv()) == ("hello", b"\xff")
        lines = [chat.assertion(interaction) for interaction in verifier.timeline]
        assert lines == [
            f"bigfoot.sync_websocket_mock.assert_connect(uri='{URI}')",
            "bigfoot.sync_websocket_mock.assert_recv(message='hello')",
            "bigfoot.sync_websocket_mock.assert_recv(message=b'\\xff')",
            "bigfoot.sync_websocket_mock.assert_close()",
        ]

    async def test_is_made_at_the_callers_line(self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin) -> None:
        connected(feed, "x").expect("send", returns=None).expect("close", returns=None)
        async with verifier.sandbox(), dial("ws://feed.example.com/") as ws:
            await ws.recv()
            await ws.send("y")
        assert {str(interaction.origin).partition(":")[0] for interaction in verifier.timeline} == {
            "tests/test_websockets.py"
        }


class TestWhoAnswers:
    def test_sessions_in_their_order(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        for name in ("one", "two"):
            closes(connected(chat, name))
        with verifier.sandbox():
            got = []
            for _ in range(2):
                with closing(websocket.create_connection(URI)) as ws:
                    got.append(ws.recv())
        assert got == ["one", "two"]

    @pytest.mark.parametrize(
        "binding", [{"uri": "ws://a.example/x"}, {"host": "a.example"}, {"host": "a.example", "port": 80}]
    )
    def test_the_session_that_is_bound(
        self, verifier: StrictVerifier, chat: SyncWebSocketPlugin, binding: dict[str, Any]
    ) -> None:
        closes(connected(chat, "free"))
        closes(connected(chat, "bound", **binding))
        with verifier.sandbox(), closing(websocket.create_connection("ws://a.example/x")) as ws:
            assert ws.recv() == "bound"
        with verifier.sandbox(), closing(websocket.create_connection("ws://b.example/x")) as ws:
            assert ws.recv() == "free"

    async def test_each_uri_its_own(self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin) -> None:
        for name in "abc":
            closes(connected(feed, name, uri=f"wss://feed.example.com/{name}"))

        async def ask(name: str) -> Any:
            async with dial(f"wss://feed.example.com/{name}") as ws:
                return await ws.recv()

        async with verifier.sandbox():
            assert await asyncio.gather(*map(ask, "cab")) == ["c", "a", "b"]

    async def test_its_own_library_if_both_have_a_session(
        self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin, chat: SyncWebSocketPlugin
    ) -> None:
        for plugin, name in ((chat, "chat"), (feed, "feed")):
            closes(connected(plugin, name))
        async with verifier.sandbox():
            async with dial(URI) as one:
                assert await one.recv() == "feed"
            with closing(websocket.create_connection(URI)) as two:
                assert two.recv() == "chat"

    async def test_whoever_has_a_session(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        closes(connected(chat, "chat"))
        async with verifier.sandbox(), dial(URI) as ws:
            assert await ws.recv() == "chat"

    async def test_at_a_unix_socket_that_is_bound(
        self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin, tmp_path: Path
    ) -> None:
        path = str(tmp_path / "socket")
        closes(connected(feed, "x", host=path))
        async with verifier.sandbox(), unix_connect(path, "ws://localhost/y") as ws:
            assert await ws.recv() == "x"
        feed.assert_connect(uri="ws://localhost/y")

    async def test_a_server_of_the_test_itself(self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin) -> None:
        from websockets.asyncio.server import serve

        connected(feed)

        async def echo(connection: Any) -> None:
            await connection.send(await connection.recv())

        async with serve(echo, "127.0.0.1", 0) as server, verifier.sandbox():
            port = next(iter(server.sockets)).getsockname()[1]
            async with dial(f"ws://127.0.0.1:{port}/") as ws:
                await ws.send("real")
                assert await ws.recv() == "real"
        assert steps(verifier) == []


class TestWhatIsNotPromised:
    async def test_a_connection_is_rejected(self, verifier: StrictVerifier) -> None:
        async with verifier.sandbox():
            with pytest.raises(InvalidStatus) as caught:
                await dial(URI)
        assert caught.value.response.status_code == 501
        assert breaches(verifier) == [f"Unmocked call: websocket:async:connect(uri='{URI}')"]

    def test_a_connection_raises_where_it_can(self, verifier: StrictVerifier) -> None:
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match="sync_websocket_mock") as it:
            websocket.create_connection(URI)
        assert "called at tests/test_websockets.py" in str(it.value)

    def test_another_uri_than_the_bound_one(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        connected(chat, uri=URI)
        with verifier.sandbox(), pytest.raises(UnmockedInteractionError, match=f"sessions are left for {URI}"):
            websocket.create_connection("wss://feed.example.com/other")

    async def test_a_message_closes(self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin) -> None:
        connected(feed).expect("close", returns=None, required=False)
        async with verifier.sandbox(), dial(URI) as ws:
            await ws.send("surprise")
            with pytest.raises(ConnectionClosedError) as caught:
                await ws.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1011
        assert caught.value.rcvd.reason.startswith("bigfoot: Unmocked call: websocket:async:send(message='surprise'")
        assert breaches(verifier) == ["Unmocked call: websocket:async:send(message='surprise')"]
        with pytest.raises(VerificationError):
            verifier.verify_all()

    def test_a_message_raises_where_it_can(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        connected(chat, "x").expect("close", returns=None)
        with verifier.sandbox(), closing(websocket.create_connection(URI)) as ws:
            with pytest.raises(UnmockedInteractionError, match=r"promises \.expect\('close', returns=None\) next"):
                ws.send("surprise")
            assert ws.recv() == "x"

    def test_a_read_that_nothing_answers(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        connected(chat).expect("send", returns=None)
        expected = pytest.raises(UnmockedInteractionError, match=r"websocket:sync:recv\(\)")
        with verifier.sandbox(), closing(websocket.create_connection(URI)) as ws, expected:
            ws.recv()

    def test_a_read_that_a_loop_waits_for_in_vain(self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin) -> None:
        connected(feed).expect("send", returns=None)

        async def main() -> None:
            async with dial(URI, ping_interval=None) as ws:
                await ws.recv()

        with verifier.sandbox(), pytest.raises(ConnectionClosedError, match="1011"):
            asyncio.run(main())
        assert breaches(verifier) == ["Unmocked call: websocket:async:recv()"]

    def test_closing(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        connected(chat)
        with verifier.sandbox():
            websocket.create_connection(URI).close()  # it catches whatever is raised in there
        assert breaches(verifier) == ["Unmocked call: websocket:sync:close()"]

    def test_what_an_app_swallows_fails_the_test(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        connected(chat, "x").expect("send", returns=None)
        errors: list[Exception] = []
        app = websocket.WebSocketApp(URI, on_error=lambda app, error: errors.append(error))

        def on_message(app: websocket.WebSocketApp, message: str) -> None:
            app.send("promised")
            app.send("surprise")

        app.on_message = on_message
        with verifier.sandbox():
            app.run_forever()
        assert isinstance(errors[0], UnmockedInteractionError)
        with pytest.raises(VerificationError, match="surprise"):
            verifier.verify_all()

    def test_what_is_promised_and_does_not_come(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        connected(chat, "x").expect("send", returns=None)
        with verifier.sandbox():
            ws: Any = websocket.create_connection(URI)
            ws.shutdown()
        for interaction in verifier.timeline:
            verifier.assert_interaction(interaction, **interaction.details)
        with pytest.raises(UnusedMocksError, match=r"\.expect\('send', returns=None\)"):
            verifier.verify_all()


class TestFaults:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (ConnectionRefusedError, ConnectionRefusedError),
            (TimeoutError, TimeoutError),
            (socket.gaierror(-2, "Name or service not known"), socket.gaierror),
            (ssl.SSLCertVerificationError("certificate has expired"), ssl.SSLCertVerificationError),
        ],
    )
    async def test_no_connection(
        self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin, error: Any, kind: type[BaseException]
    ) -> None:
        feed.new_session().expect("connect", raises=error)
        async with verifier.sandbox():
            with pytest.raises(kind):
                await dial(URI)
        feed.assert_connect(uri=URI)

    def test_no_connection_is_bound_to_its_uri(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        chat.new_session(uri=URI).expect("connect", raises=websocket.WebSocketTimeoutException("too slow"))
        with verifier.sandbox(), pytest.raises(websocket.WebSocketTimeoutException, match="too slow"):
            websocket.create_connection(URI)
        chat.assert_connect(uri=URI)

    @pytest.mark.parametrize("client", ["websockets", "websocket-client"])
    async def test_rejected_by_the_clients_own_exception(self, verifier: StrictVerifier, client: str) -> None:
        from websockets.datastructures import Headers
        from websockets.http11 import Response

        if client == "websockets":
            feed = AsyncWebSocketPlugin(verifier)
            response = Response(429, "Too Many Requests", Headers({"Retry-After": "7"}), b"slow down")
            feed.new_session().expect("connect", raises=InvalidStatus(response))
            async with verifier.sandbox():
                with pytest.raises(InvalidStatus) as caught:
                    await dial(URI)
            found = caught.value.response
            assert (found.status_code, found.headers["Retry-After"], found.body) == (429, "7", b"slow down")
        else:
            chat = SyncWebSocketPlugin(verifier)
            told = {"retry-after": "7"}
            error = websocket.WebSocketBadStatusException("no", 429, resp_headers=told, resp_body=b"slow")
            chat.new_session().expect("connect", raises=error)
            with verifier.sandbox(), pytest.raises(websocket.WebSocketBadStatusException) as bad:
                websocket.create_connection(URI)
            headers: Any = bad.value.resp_headers
            assert (bad.value.status_code, headers["retry-after"], bad.value.resp_body) == (429, "7", b"slow")

    @pytest.mark.parametrize("client", ["websockets", "websocket-client"])
    async def test_redirected(self, verifier: StrictVerifier, client: str) -> None:
        plugin = AsyncWebSocketPlugin(verifier) if client == "websockets" else SyncWebSocketPlugin(verifier)
        location = {"status": 302, "headers": {"Location": "wss://other.example.com/there"}}
        plugin.new_session().expect("connect", returns=location)
        closes(connected(plugin, "x"))
        with verifier.sandbox():
            if client == "websockets":
                async with dial(URI) as one:
                    assert await one.recv() == "x"
            else:
                with closing(websocket.create_connection(URI)) as two:
                    assert two.recv() == "x"
        plugin.assert_connect(uri=URI)
        plugin.assert_connect(uri="wss://other.example.com/there")

    @pytest.mark.parametrize(
        "error",
        [
            ConnectionClosedError(Close(1011, "broken"), None),
            ConnectionClosedOK(Close(1001, "going away"), Close(1001, "going away"), True),
            ConnectionClosedOK,
        ],
    )
    async def test_a_send_that_finds_it_closed(
        self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin, error: Any
    ) -> None:
        connected(feed).expect("send", raises=error)
        async with verifier.sandbox(), dial(URI) as ws:
            with pytest.raises(type(error) if isinstance(error, BaseException) else error) as caught:
                await ws.send("never sent")
        if isinstance(error, BaseException):
            assert caught.value.rcvd == error.rcvd  # type: ignore[attr-defined]
        feed.assert_connect(uri=URI)
        assert feed.assertion(list(verifier.timeline)[1]) == (
            "bigfoot.async_websocket_mock.assert_send(message=bigfoot.matchers.AnyThing())"
        )
        feed.assert_send(message="never sent")
        verifier.verify_all()

    def test_a_send_that_raises(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        error = websocket.WebSocketConnectionClosedException("gone")
        connected(chat).expect("send", raises=error).expect("close", returns=None, required=False)
        expected = pytest.raises(websocket.WebSocketConnectionClosedException, match="gone")
        with verifier.sandbox(), closing(websocket.create_connection(URI)) as ws, expected:
            ws.send("x")
        chat.assert_connect(uri=URI)
        chat.assert_send(message="x")

    async def test_a_close_step_after_the_server_closed(
        self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin
    ) -> None:
        session = connected(feed).expect("recv", raises=ConnectionClosedError(Close(1011, ""), None))
        session.expect("close", returns=None)
        async with verifier.sandbox(), dial(URI) as ws:
            with pytest.raises(ConnectionClosedError):
                await ws.recv()
        feed.assert_connect(uri=URI)
        feed.assert_recv(message=None)
        feed.assert_close(code=1011)
        verifier.verify_all()

    def test_a_timeout_costs_no_time(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        session = connected(chat).expect("recv", raises=TimeoutError).expect("recv", returns="at last")
        closes(session)
        with verifier.sandbox(), closing(websocket.create_connection(URI, timeout=1000)) as ws:
            with pytest.raises(websocket.WebSocketTimeoutException):
                ws.recv()
            assert ws.recv() == "at last"

    def test_a_timeout_without_a_timer(self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin) -> None:
        connected(feed).expect("recv", raises=TimeoutError)

        async def main() -> None:
            async with dial(URI, ping_interval=None) as ws:
                await ws.recv()

        with verifier.sandbox(), pytest.raises(ConnectionClosedError, match="1011"):
            asyncio.run(main())
        assert [type(error) for error in verifier.verdict.breaches] == [EndlessWaitError]

    def test_a_pong_that_does_not_come(self, verifier: StrictVerifier, chat: SyncWebSocketPlugin) -> None:
        closes(connected(chat).expect("ping", raises=TimeoutError))
        with verifier.sandbox(), closing(websocket.create_connection(URI, timeout=1000)) as ws:
            ws.ping("there?")
            with pytest.raises(websocket.WebSocketTimeoutException):
                ws.recv()
        chat.assert_connect(uri=URI)
        chat.assert_ping(data="there?")

    async def test_an_end_without_closing(self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin) -> None:
        connected(feed).expect("close", raises=ConnectionClosedError(None, None))
        async with verifier.sandbox():
            ws = await dial(URI)
            await ws.close()
            assert ws.protocol.close_code == 1006
        feed.assert_connect(uri=URI)
        feed.assert_close()

    def test_a_wrong_host_name(self, verifier: StrictVerifier, feed: AsyncWebSocketPlugin) -> None:
        connected(feed)
        with verifier.sandbox(), pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            dial_in_threads(URI, server_hostname="other.example.com")
        assert steps(verifier) == []


class TestBadScripts:
    @pytest.mark.parametrize(
        ("step", "given", "remedy"),
        [
            ("connect", {"returns": "yes"}, "subprotocol"),
            ("connect", {"returns": {"subprotocoll": "chat"}}, "subprotocol"),
            ("connect", {"returns": {"subprotocol": ""}}, "name of the subprotocol"),
            ("connect", {"returns": {"headers": {"a b": "c"}}}, "header"),
            ("connect", {"returns": {"status": 99}}, "status"),
            ("connect", {"returns": {"status": 403, "subprotocol": "chat"}}, "rejected"),
            ("connect", {"returns": {"body": "x"}}, "rejection"),
            ("connect", {"raises": InvalidStatus}, "status"),
            ("connect", {"raises": "refused"}, "exception"),
            ("connect", {}, "None"),
        ],
    )
    def test_of_connections(self, chat: SyncWebSocketPlugin, step: str, given: Any, remedy: str) -> None:
        with pytest.raises(InvalidArgumentError, match=remedy):
            chat.new_session().expect(step, **given)

    @pytest.mark.parametrize(
        ("step", "given", "remedy"),
        [
            ("send", {"returns": "sent"}, "gives None"),
            ("recv", {"returns": None}, "str or bytes"),
            ("recv", {"returns": 5}, "str or bytes"),
            ("recv", {"returns": []}, "str or bytes"),
            ("recv", {"returns": ["a", b"b"]}, "str or bytes"),
            ("recv", {"raises": websocket.WebSocketBadStatusException("no", 403)}, "only 'connect'"),
            ("recv", {"returns": "x", "delay": 1}, "delay"),
            ("ping", {"returns": 5}, "125 bytes"),
            ("ping", {"returns": b"x" * 126}, "125 bytes"),
            ("close", {"returns": 1000}, "code"),
            ("close", {"returns": {"code": 1006}}, "1000 to 1014"),
            ("close", {"returns": {"code": 99}}, "1000 to 1014"),
            ("close", {"returns": {"code": 1000, "reason": "x" * 124}}, "123 bytes"),
            ("close", {"returns": {"reason": "why"}}, "without one"),
            ("closed", {"returns": None}, "did you mean 'close'"),
        ],
    )
    def test_of_steps(self, feed: AsyncWebSocketPlugin, step: str, given: Any, remedy: str) -> None:
        with pytest.raises(InvalidArgumentError, match=remedy):
            connected(feed).expect(step, **given)

    def test_of_the_order(self, chat: SyncWebSocketPlugin) -> None:
        with pytest.raises(InvalidStateError):
            chat.new_session().expect("send", returns=None)
        with pytest.raises(InvalidStateError):
            connected(chat).expect("close", returns=None).expect("recv", returns="x")

    @pytest.mark.parametrize(
        "binding",
        [
            {"host": ""},
            {"host": 5},
            {"port": -1},
            {"port": True},
            {"uri": "feed.example.com"},
            {"uri": "http://feed.example.com/"},
            {"uri": 5},
            {"uri": "wss://x:y/"},
            {"uri": URI, "host": "feed.example.com"},
        ],
    )
    def test_of_sessions(self, feed: AsyncWebSocketPlugin, binding: dict[str, Any]) -> None:
        with pytest.raises(InvalidArgumentError):
            feed.new_session(**binding)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    installed.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "websockets" else found(name))
    with pytest.raises(ImportError, match="pip install websocket-client websockets"):
        bigfoot.sync_websocket_mock.new_session()
    with pytest.raises(ImportError, match="pip install websockets"):
        bigfoot.async_websocket_mock.new_session()
    installed.cache_clear()
