"""aiohttp's real client on connections in memory."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector, UnixConnector

import bigfoot
from bigfoot import SandboxNotActiveError, StrictVerifier, UnmockedInteractionError, seam
from bigfoot.plugins.http import HttpPlugin
from bigfoot.transports.aiohttp import Connector

from .loops import LOOPS, Run, read_request, runner, serving

URL = "https://api.example.com/things"
LOCAL = "http://127.0.0.1*"


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run[Any]:
    return runner(request.param)


def recorded() -> list[tuple[str, str, bytes]]:
    """The method, URL and body of each call; each of them asserted as it is recorded."""
    calls = bigfoot.http.calls
    for call in calls:
        bigfoot.assert_interaction(bigfoot.http.request, **call.details)
    return [(call.method, str(call.url), call.request_body.bytes) for call in calls]


def test_request_is_recorded_as_it_is_on_the_wire(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, json=[1])

    async def main() -> None:
        async with ClientSession(headers={"X-Session": "s"}) as session, bigfoot.sandbox():
            url = f"{URL}?a=1#fragment"
            async with session.get(url, params={"b": "ü"}, headers={"x-own": "1", "X-Name": "Zoë"}) as response:
                assert await response.json() == [1]
                assert str(response.url) == f"{URL}?a=1&b=%C3%BC"

    run(main())
    (call,) = bigfoot.http.calls
    assert call.client == f"aiohttp {aiohttp.__version__}"
    names = [name for name, _ in call.request_headers.multi_items()]
    assert names[:3] == ["Host", "X-Session", "x-own"]
    assert {"User-Agent", "Accept", "Accept-Encoding"} < set(names)
    bigfoot.http.assert_request(
        "GET", f"{URL}?a=1&b=%C3%BC", headers={"X-Session": "s", "x-own": "1", "X-Name": "Zoë"}
    ).assert_response(200, {"content-type": "application/json"}, [1])


def test_what_aiohttp_adds_need_not_be_asserted(run: Run[Any]) -> None:
    for method in ("GET", "POST", "DELETE"):
        bigfoot.http.mock_response(method, URL)

    async def main() -> None:
        async with ClientSession(connector=TCPConnector(force_close=True)) as session, bigfoot.sandbox():
            for method in ("GET", "POST", "DELETE"):
                await session.request(method, URL)

    run(main())
    for method in ("GET", "POST", "DELETE"):
        bigfoot.http.assert_request(method, URL).assert_response(200)


async def generated() -> AsyncIterator[bytes]:
    for number in range(3):
        await asyncio.sleep(0)
        yield b"piece %d;" % number


def test_bodies_are_recorded_without_transfer_coding(run: Run[Any], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"from a file" * 20_000)
    form = aiohttp.FormData({"a": "1"})
    bigfoot.http.mock_response("PUT", URL, times=None)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            with file.open("rb") as opened:
                bodies: list[Any] = [b"", b"bytes", "täxt", generated(), io.BytesIO(b"io"), opened, form]
                for body in bodies:
                    await session.put(URL, data=body)
            await session.put(URL, json={"a": 1})
            await session.put(URL, data=b"compress me" * 100, compress="gzip")
            await session.put(URL, data=generated(), expect100=True)
            await session.put(URL, expect100=True)

    run(main())
    *bodies, compressed, expected, nothing = [body for _, _, body in recorded()]
    pieces = b"piece 0;piece 1;piece 2;"
    wanted = [b"", b"bytes", "täxt".encode(), pieces, b"io", b"from a file" * 20_000, b"a=1", b'{"a": 1}']
    assert bodies == wanted
    assert gzip.decompress(compressed) == b"compress me" * 100
    assert (expected, nothing) == (pieces, b"")


def test_streamed_reply_is_held_back_until_it_is_read(run: Run[Any]) -> None:
    size = 8 * 1024 * 1024
    bigfoot.http.mock_response("GET", URL, body=b"x" * size)

    async def main() -> int:
        async with ClientSession() as session, bigfoot.sandbox(), session.get(URL) as response:
            for _ in range(20):
                await asyncio.sleep(0)
            assert response.content.total_bytes < size / 4
            return sum([len(chunk) async for chunk in response.content.iter_chunked(100_000)])

    assert run(main()) == size
    assert recorded() == [("GET", URL, b"")]


@pytest.mark.parametrize("headers", [{"Transfer-Encoding": "chunked"}, {"Connection": "close"}, {}])
def test_replies_end_where_their_framing_says(run: Run[Any], headers: dict[str, str]) -> None:
    bigfoot.http.mock_response("GET", URL, body="ok", headers=headers, times=2)
    bigfoot.http.mock_response("HEAD", URL, headers={"Content-Length": "10"})
    bigfoot.http.mock_response("GET", f"{URL}/none", status=204)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            for _ in range(2):
                async with session.get(URL) as response:
                    assert await response.read() == b"ok"
            async with session.head(URL) as head, session.get(f"{URL}/none") as none:
                assert (await head.read(), await none.read(), head.content_length) == (b"", b"", 10)

    run(main())
    assert len(recorded()) == 4


@pytest.mark.parametrize("body", [None, b"bytes", "generated"])
def test_unmocked_call_surfaces_from_the_users_own_await(run: Run[Any], body: Any) -> None:
    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            with pytest.raises(UnmockedInteractionError, match=r"test_aiohttp\.py"):
                await session.post(URL, data=generated() if body == "generated" else body)

    run(main())
    assert len(bigfoot.http.calls) == 0


@pytest.mark.parametrize("body", [None, b"bytes"])
@pytest.mark.parametrize(
    "error", [TimeoutError("mine"), ValueError("mine"), aiohttp.ClientPayloadError("mine"), KeyError("mine")]
)
def test_scripted_exception_comes_out_as_it_is(run: Run[Any], body: bytes | None, error: Exception) -> None:
    bigfoot.http.mock_error("POST", URL, raises=error)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            with pytest.raises(type(error)) as caught:
                await session.post(URL, data=body)
            assert caught.value is error

    run(main())
    bigfoot.http.assert_request("POST", URL, headers=None, body=body or "").assert_error(error)


def test_calls_in_turn_are_each_recorded_as_their_own(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, times=3)
    bigfoot.http.mock_response("GET", "https://api.example.com", times=2)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            for url, headers in [
                (URL, {"X-Own": "1"}),
                (URL, {"X-Own": "2"}),
                ("https://api.example.com", {"X-Own": "1"}),
                ("https://api.example.com", {}),
                (URL, {}),
            ]:
                async with session.get(url, headers=headers):
                    pass
                with pytest.raises((ValueError, TypeError)):  # aiohttp does not write it, so it is not a call
                    await session.get(url, headers={**headers, "X-Bad": "1\r\n"})

    run(main())
    seen = [(str(call.url), call.request_headers.get("X-Own")) for call in bigfoot.http.calls]
    root = "https://api.example.com/"
    assert seen == [(URL, "1"), (URL, "2"), (root, "1"), (root, None), (URL, None)]
    assert len({str(call.origin) for call in bigfoot.current_verifier().timeline}) == 1
    recorded()


def test_connector_closed_while_there_was_no_place_gives_no_answer(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, body=b"x " * 500_000)
    bigfoot.http.mock_response("GET", URL, required=False, times=None)  # some versions try once more

    async def main() -> None:
        async with ClientSession(connector=TCPConnector(limit=1)) as session, bigfoot.sandbox():
            first = await session.get(URL)
            second = asyncio.create_task(session.get(URL))
            await asyncio.sleep(0)
            assert session.connector is not None
            await session.connector.close()
            first.close()
            with pytest.raises(aiohttp.ClientConnectionError):
                await second

    run(main())
    recorded()


def test_calls_with_bodies_belong_to_the_task_and_line_that_made_them(run: Run[Any]) -> None:
    bigfoot.http.mock_response("POST", URL, times=2)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():

            async def post(body: Any) -> None:
                await session.post(URL, data=body)

            await asyncio.create_task(post(b"bytes"), name="mine")
            await asyncio.create_task(post(generated()), name="mine")

    run(main())
    calls = list(bigfoot.current_verifier().timeline)
    assert [call.lane for call in calls] == ["mine", "mine"]
    assert len({str(call.origin) for call in calls}) == 1
    assert "test_aiohttp.py" in str(calls[0].origin)
    assert len(recorded()) == 2


@pytest.mark.parametrize("limit", [0, 1, 100])
def test_gathered_calls_are_answered_and_recorded_once_each(run: Run[Any], limit: int) -> None:
    for number in range(1000):
        bigfoot.http.mock_response("POST", f"{URL}/{number}", body=str(number))

    async def main() -> list[str]:
        async with ClientSession(connector=TCPConnector(limit=limit)) as session, bigfoot.sandbox():

            async def post(number: int) -> str:
                async with session.post(f"{URL}/{number}", data=str(number)) as response:
                    return await response.text()

            return await asyncio.gather(*map(post, range(1000)))

    assert run(main()) == [str(number) for number in range(1000)]
    with bigfoot.in_any_order():
        urls = [url for _, url, _ in recorded()]
    assert sorted(urls) == sorted(f"{URL}/{number}" for number in range(1000))


def test_limit_holds(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, body=b"x" * 5_000_000, times=2)

    async def main() -> None:
        async with ClientSession(connector=TCPConnector(limit=1)) as session, bigfoot.sandbox():
            first = await session.get(URL)
            second = asyncio.ensure_future(session.get(URL))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not second.done()
            first.close()
            (await second).close()

    run(main())
    assert len(recorded()) == 2


def test_connection_kept_alive_is_neither_used_nor_lost(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", LOCAL, body="mock")
    connections = 0

    async def main() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            while True:
                await read_request(reader)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal")

        async with serving(talk) as port, ClientSession() as session:

            async def get() -> str:
                async with session.get(f"http://127.0.0.1:{port}/") as response:
                    return await response.text()

            assert await get() == "real"
            async with bigfoot.sandbox():
                assert await get() == "mock"
            assert await get() == "real"

    run(main())
    assert connections == 1
    assert len(recorded()) == 1


def test_closed_session_ends_what_is_not_read(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, body=b"x" * 5_000_000)

    async def main() -> None:
        async with bigfoot.sandbox():
            async with ClientSession() as session:
                response = await session.get(URL)
            with pytest.raises(aiohttp.ClientError):
                await response.read()

    run(main())
    assert len(recorded()) == 1


def test_every_kind_of_connector_is_met(run: Run[Any], tmp_path: Path) -> None:
    bigfoot.http.mock_response("GET", URL, times=None)

    class Counting(TCPConnector):
        calls = 0

        async def connect(self, *args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return await super().connect(*args, **kwargs)

    async def main() -> None:
        counting = Counting()
        connectors = [TCPConnector(ssl=False), UnixConnector(str(tmp_path / "nobody")), counting]
        async with bigfoot.sandbox():
            for connector in connectors:
                async with ClientSession(connector=connector) as session:
                    assert (await session.get(URL)).status == 200
        assert counting.calls == 1

    run(main())
    assert len(recorded()) == 3


def test_traces_see_connections_made_and_reused(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, times=2)
    seen: list[str] = []

    def noting(name: str) -> Any:
        async def note(session: ClientSession, context: object, params: object) -> None:
            seen.append(name)

        return note

    async def main() -> None:
        trace = aiohttp.TraceConfig()
        for name in ("connection_create_start", "connection_create_end", "connection_reuseconn", "request_end"):
            getattr(trace, f"on_{name}").append(noting(name))
        async with ClientSession(trace_configs=[trace]) as session, bigfoot.sandbox():
            await session.get(URL)
            await asyncio.sleep(0)  # until 3.11, a task for the body of the request holds the connection a turn longer
            await session.get(URL)

    run(main())
    first = ["connection_create_start", "connection_create_end", "request_end"]
    assert seen == [*first, "connection_reuseconn", "request_end"]
    assert len(recorded()) == 2


def test_proxies_are_not_asked_but_logged_in_at(run: Run[Any]) -> None:
    plain = "http://api.example.com/"
    bigfoot.http.mock_response("GET", plain)
    bigfoot.http.mock_response("GET", URL)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            await session.get(plain, proxy="http://user:pass@127.0.0.1:9")
            await session.get(URL, proxy="http://user:pass@127.0.0.1:9")

    run(main())
    login = {"Proxy-Authorization": "Basic dXNlcjpwYXNz"}
    bigfoot.http.assert_request("GET", plain, headers=login).assert_response(200)
    bigfoot.http.assert_request("GET", URL).assert_response(200)


def test_connection_tells_whom_it_is_with(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, body=b"x" * 1_000_000)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox(), session.get(URL) as response:
            assert response.connection is not None
            transport = response.connection.transport
            assert transport is not None
            assert transport.get_extra_info("peername") == ("api.example.com", 443)
            assert transport.get_extra_info("socket", "none") == "none"
            assert not transport.is_closing()
            assert (transport.get_write_buffer_size(), transport.can_write_eof()) == (0, False)

    run(main())
    assert len(recorded()) == 1


def test_timeouts_are_aiohttps_own(run: Run[Any]) -> None:
    bigfoot.http.mock_response("GET", URL, delay=60, times=2)
    bigfoot.http.mock_response("GET", f"{URL}/slow", stream=[b"a", bigfoot.http.delay(60), b"b"])

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            with pytest.raises(aiohttp.ServerTimeoutError, match="Timeout on reading data from socket"):
                await session.get(URL, timeout=ClientTimeout(sock_read=5))
            with pytest.raises(TimeoutError):
                await session.get(URL, timeout=ClientTimeout(total=5))
            async with session.get(f"{URL}/slow", timeout=ClientTimeout(sock_read=5)) as response:
                assert await response.content.readany() == b"a"
                with pytest.raises(aiohttp.ServerTimeoutError):
                    await response.content.readany()

    run(main())
    assert len(recorded()) == 3


def test_awaited_answers(run: Run[Any]) -> None:
    async def answer(request: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"json": request.method}

    async def refuse(request: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        raise TimeoutError("mine")

    for method in ("GET", "POST"):
        bigfoot.http.mock_response(method, URL, callback=answer)
        bigfoot.http.mock_response(method, f"{URL}/refused", callback=refuse)

    async def main() -> None:
        async with ClientSession() as session, bigfoot.sandbox():
            async with session.get(URL) as got, session.post(URL, data=b"x") as posted:
                assert (await got.json(), await posted.json()) == ("GET", "POST")
            for method, body in (("GET", None), ("POST", b"x")):
                with pytest.raises(TimeoutError, match=r"^mine$"):
                    await session.request(method, f"{URL}/refused", data=body)

    run(main())
    assert len(recorded()) == 4


class TestExplicitConnector:
    """`Connector` needs no sandbox where it has a verifier, and no seam."""

    @pytest.fixture
    def verifier(self) -> StrictVerifier:
        return StrictVerifier()

    @pytest.fixture
    def http(self, verifier: StrictVerifier) -> HttpPlugin:
        return HttpPlugin(verifier)

    def test_is_aiohttps_own_base_class(self) -> None:
        assert issubclass(Connector, aiohttp.BaseConnector)
        assert (Connector.__module__, Connector.__name__) == ("bigfoot.transports.aiohttp", "Connector")
        assert "TCPConnector" in str(Connector.__doc__)

    def test_asks_its_verifier(self, run: Run[Any], verifier: StrictVerifier, http: HttpPlugin) -> None:
        seam.uninstall()
        http.mock_response("POST", URL, body="ok", times=2)

        async def main() -> None:
            async with ClientSession(connector=Connector(verifier, limit=3)) as session:
                assert session.connector is not None
                assert session.connector.limit == 3
                for _ in range(2):
                    async with session.post(URL, data=b"x") as response:
                        assert await response.text() == "ok"

        run(main())
        assert [(call.method, call.request_body) for call in http.calls] == [("POST", "x")] * 2
        assert list(seam.replaced()) == []

    def test_asks_the_active_sandbox(self, run: Run[Any]) -> None:
        bigfoot.http.mock_response("GET", URL)

        async def main() -> None:
            async with ClientSession(connector=Connector()) as session:
                async with bigfoot.sandbox():
                    await session.get(URL)
                with pytest.raises(SandboxNotActiveError):
                    await session.get(URL)

        run(main())
        assert len(recorded()) == 1

    def test_builds_the_real_connector_when_a_call_passes_through(
        self, run: Run[Any], verifier: StrictVerifier, http: HttpPlugin
    ) -> None:
        http.pass_through("GET", LOCAL)
        connections = 0

        async def main() -> None:
            async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                nonlocal connections
                connections += 1
                while True:
                    await read_request(reader)
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal")

            async with serving(talk) as port, ClientSession(connector=Connector(verifier, ssl=False)) as session:
                for _ in range(2):
                    async with session.get(f"http://127.0.0.1:{port}/") as response:
                        assert await response.text() == "real"

        run(main())
        assert connections == 1
        assert [call.response_body for call in http.calls] == ["real", "real"]

    def test_refuses_arguments_that_the_real_connector_does_not_take(self, run: Run[Any]) -> None:
        async def main() -> None:
            with pytest.raises(TypeError, match="limits"):
                Connector(limits=3)

        run(main())


def test_module_has_no_other_lazy_names() -> None:
    from bigfoot.transports import aiohttp as transport

    with pytest.raises(AttributeError, match="Connecter"):
        getattr(transport, "Connecter")  # noqa: B009
