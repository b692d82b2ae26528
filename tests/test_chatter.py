"""A suite that never looks at logs: the root logger at DEBUG, every client at work, and nothing to assert."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import smtplib
import socket
import sqlite3
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from bigfoot import StrictVerifier

URL = "http://api.example.com/"
MAIL = "Subject: Alert\n\nBody"
CLIENTS: dict[str, Callable[[StrictVerifier], Callable[[], Any]]] = {}


def client(play: Callable[[StrictVerifier], Callable[[], Any]]) -> Callable[[StrictVerifier], Callable[[], Any]]:
    CLIENTS[getattr(play, "__name__", "")] = play
    return play


def page(verifier: StrictVerifier) -> None:
    verifier.plugin("http").mock_response("GET", URL, json={"a": 1})


@client
def httpx(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("httpx")
    page(verifier)
    page(verifier)

    async def main() -> None:
        async with library.AsyncClient() as session:
            await session.get(URL)

    return lambda: (library.get(URL), asyncio.run(main()))


@client
def httpx2(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("httpx2")
    page(verifier)
    return lambda: library.get(URL)


@client
def requests(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("requests")
    page(verifier)
    return lambda: library.get(URL)


@client
def urllib3(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("urllib3")
    page(verifier)
    return lambda: library.PoolManager().request("GET", URL)


@client
def urlopen(verifier: StrictVerifier) -> Callable[[], Any]:
    page(verifier)
    return lambda: urllib.request.urlopen(URL).read()


@client
def aiohttp(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("aiohttp")
    page(verifier)

    async def main() -> None:
        async with library.ClientSession() as session, session.get(URL) as response:
            await response.read()

    return lambda: asyncio.run(main(), debug=True)


@client
def botocore(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("botocore.session")
    answer = "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"
    verifier.plugin("http").mock_response("POST", "https://sts.us-east-1.amazonaws.com/", body=answer)

    def play() -> None:
        session = library.Session()
        session.set_credentials("AKIAIOSFODNN7EXAMPLE", "secret")
        with contextlib.closing(session.create_client("sts", region_name="us-east-1")) as sts:
            sts.get_caller_identity()

    return play


@client
def redis(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("redis")
    verifier.plugin("redis_mock").mock_command("GET", returns=b"1", times=2)

    async def main() -> None:
        async with library.asyncio.Redis(host="cache.example.com") as session:
            await session.get("k")

    def play() -> None:
        with library.Redis(host="cache.example.com") as session:
            session.get("k")
        asyncio.run(main())

    return play


@client
def asyncpg(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("asyncpg")
    session = verifier.plugin("asyncpg_mock").new_session().expect("connect", returns=None)
    session.expect("fetch", returns=[{"id": 1}]).expect("close", returns=None)

    async def main() -> None:
        connection = await library.connect(host="db.example.com", user="me", database="app")
        await connection.fetch("SELECT id FROM users")
        await connection.close()

    return lambda: asyncio.run(main(), debug=True)


@client
def websockets(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("websockets.sync.client")
    session = verifier.plugin("async_websocket_mock").new_session().expect("connect", returns=None)
    session.expect("send", returns=None).expect("recv", returns="pong").expect("close", returns=None)

    def play() -> None:
        with library.connect("ws://feed.example.com/") as connection:
            connection.send("ping")
            connection.recv()

    return play


@client
def websocket_client(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("websocket")
    session = verifier.plugin("sync_websocket_mock").new_session().expect("connect", returns=None)
    session.expect("send", returns=None).expect("close", returns=None)

    def play() -> None:
        connection = library.create_connection("ws://feed.example.com/")
        connection.send("ping")
        connection.close()

    return play


def mails(verifier: StrictVerifier) -> None:
    session = verifier.plugin("smtp_mock").new_session().expect("connect", returns=None)
    session.expect("sendmail", returns={}).expect("quit", returns=None)


@client
def smtp(verifier: StrictVerifier) -> Callable[[], Any]:
    mails(verifier)

    def play() -> None:
        with smtplib.SMTP("mail.example.com", 25) as session:
            session.sendmail("me@example.com", ["ada@example.com"], MAIL)

    return play


@client
def aiosmtplib(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("aiosmtplib")
    mails(verifier)

    async def main() -> None:
        options = {"hostname": "mail.example.com", "port": 25, "start_tls": False}
        await library.send(MAIL, sender="me@example.com", recipients=["ada@example.com"], **options)

    return lambda: asyncio.run(main())


def database(verifier: StrictVerifier) -> None:
    session = verifier.plugin("db_mock").new_session().expect("connect", returns=None)
    session.expect("execute", returns=[(1,)]).expect("close", returns=None)


@client
def sqlite(verifier: StrictVerifier) -> Callable[[], Any]:
    database(verifier)

    def play() -> None:
        with contextlib.closing(sqlite3.connect("users.db")) as connection:
            connection.execute("SELECT id FROM users").fetchall()

    return play


@client
def aiosqlite(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("aiosqlite")
    database(verifier)

    async def main() -> None:
        async with library.connect("users.db") as connection:
            await connection.execute("SELECT id FROM users")

    return lambda: asyncio.run(main())


@client
def sqlalchemy(verifier: StrictVerifier) -> Callable[[], Any]:
    library = pytest.importorskip("sqlalchemy")
    database(verifier)

    def play() -> None:
        engine = library.create_engine("sqlite:///users.db")
        with engine.connect() as connection:
            connection.execute(library.text("SELECT id FROM users")).all()
        engine.dispose()

    return play


@client
def sockets(verifier: StrictVerifier) -> Callable[[], Any]:
    session = verifier.plugin("socket_mock").new_session().expect("connect", returns=None)
    session.expect("sendall", returns=None).expect("recv", returns=b"pong").expect("close", returns=None)

    def play() -> None:
        with socket.create_connection(("feed.example.com", 7000)) as connection:
            connection.sendall(b"ping")
            connection.recv(100)

    return play


@pytest.mark.parametrize("name", CLIENTS)
def test_the_chatter_of_clients_is_left_alone(
    verifier: StrictVerifier, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    play = CLIENTS[name](verifier)
    with caplog.at_level(logging.DEBUG), verifier.sandbox():
        play()
    sources = [interaction.source_id for interaction in verifier.timeline]
    assert sources
    assert "logging:log" not in sources
    assert [step.describe() for plugin in ("http", "db_mock") for step in verifier.plugin(plugin).unused()] == []


def test_the_chatter_is_there(verifier: StrictVerifier, caplog: pytest.LogCaptureFixture) -> None:
    play = CLIENTS["urllib3"](verifier)
    with caplog.at_level(logging.DEBUG), verifier.sandbox():
        play()
    assert "urllib3.connectionpool" in {record.name for record in caplog.records}
