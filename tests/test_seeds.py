"""The published examples of bigfoot 0.10 and its guide to async usage, statement by statement.

Where they contradict themselves, the note at the test says what was decided. The guide leaves fields out of its
assertions: it runs with `require_all_fields = false`, the mode for suites that migrate.
"""

# mypy: disable-error-code="attr-defined"
# pyright: reportGeneralTypeIssues=false
# Type checkers know modules by `types.ModuleType` alone and refuse `with bigfoot:`; these are the printed forms.

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import subprocess
import urllib.request
from textwrap import dedent
from typing import Any

import aiohttp
import httpx
import pytest

import bigfoot
from bigfoot import ConflictError, SandboxContext, StrictVerifier, UnmockedInteractionError
from bigfoot.matchers import IsInstance, IsMapping

from .loopback import Loopback


class TestReadme:
    def test_quick_start(self) -> None:
        bigfoot.http.mock_response("POST", "https://api.stripe.com/v1/charges", json={"id": "ch_123"}, status=200)

        with bigfoot:
            response = httpx.post("https://api.stripe.com/v1/charges", json={"amount": 5000})

        bigfoot.http.assert_request(
            method="POST", url="https://api.stripe.com/v1/charges",
            headers=IsMapping(), body=None,
        ).assert_response(status=200, headers=IsMapping(), body=IsMapping() | IsInstance(str))  # fmt: skip
        assert response.json()["id"] == "ch_123"

    def test_mock_plugin(self) -> None:
        payment = bigfoot.mock("PaymentService")
        payment.charge.returns({"status": "ok"})
        payment.refund.required(False).returns(None)  # optional mock

        with bigfoot:
            result = payment.charge(order_id=42)

        assert result == {"status": "ok"}
        # It printed args=(42,) as well: what was given by name is recorded by name only.
        bigfoot.assert_interaction(payment.charge, args=(), kwargs={"order_id": 42})

    def test_side_effects(self) -> None:
        proxy = bigfoot.mock("Proxy")
        proxy.compute.returns(42)  # Return a value
        proxy.compute.returns(1).returns(2)  # FIFO: first call returns 1, second returns 2
        proxy.fetch.raises(OSError("unavailable"))  # Raise an exception
        proxy.transform.calls(lambda x: x.upper())  # Delegate to a function
        proxy.log.required(False).returns(None)  # Optional: no UnusedMocksError if never called

        with bigfoot:
            assert [proxy.compute(), proxy.compute(), proxy.compute()] == [42, 1, 2]
            with pytest.raises(IOError, match="unavailable"):
                proxy.fetch()
            assert proxy.transform("x") == "X"

        for method, args in ((proxy.compute, ()),) * 3 + ((proxy.fetch, ()), (proxy.transform, ("x",))):
            bigfoot.assert_interaction(method, args=args, kwargs={})

    async def test_async_flow(self) -> None:
        bigfoot.http.mock_response("GET", "https://api.example.com/items", json=[])

        async with bigfoot, httpx.AsyncClient() as client:
            response = await client.get("https://api.example.com/items")

        assert response.json() == []
        bigfoot.http.assert_request(method="GET", url="https://api.example.com/items",
                                   headers=IsMapping(), body=None,
        ).assert_response(status=200, headers=IsMapping(), body="[]")  # fmt: skip

    async def test_concurrent(self) -> None:
        bigfoot.http.mock_response("GET", "https://api.example.com/a", json={"a": 1})
        bigfoot.http.mock_response("GET", "https://api.example.com/b", json={"b": 2})

        async with bigfoot, asyncio.TaskGroup() as tg:
            ta = tg.create_task(httpx.AsyncClient().get("https://api.example.com/a"))
            tb = tg.create_task(httpx.AsyncClient().get("https://api.example.com/b"))

        assert [ta.result().json(), tb.result().json()] == [{"a": 1}, {"b": 2}]
        with bigfoot.in_any_order():
            bigfoot.http.assert_request(method="GET", url="https://api.example.com/a",
                                        headers=IsMapping(), body=None,
            ).assert_response(status=200, headers=IsMapping(), body=IsMapping())  # fmt: skip
            bigfoot.http.assert_request(method="GET", url="https://api.example.com/b",
                                        headers=IsMapping(), body=None,
            ).assert_response(status=200, headers=IsMapping(), body=IsMapping())  # fmt: skip

    @pytest.mark.parametrize("form", ["spy", "mock"])
    def test_spy(self, form: str) -> None:
        class PaymentService:
            def charge(self, amount: int) -> dict[str, str]:
                return {"id": f"real-{amount}"}

        real_service = PaymentService()
        if form == "spy":
            payment = bigfoot.spy("PaymentService", real_service)
        else:
            payment = bigfoot.mock("PaymentService", wraps=real_service)
        payment.charge.returns({"id": "mock-123"})  # queue entry: takes priority

        with bigfoot:
            result1 = payment.charge(100)  # uses queue entry
            result2 = payment.charge(200)  # queue empty: delegates to real_service.charge(200)

        assert [result1, result2] == [{"id": "mock-123"}, {"id": "real-200"}]
        bigfoot.assert_interaction(payment.charge, args=(100,), kwargs={})
        bigfoot.assert_interaction(payment.charge, args=(200,), kwargs={})

    def test_mixed(self, server: Loopback) -> None:
        live = f"{server.url}/live"  # in the place of https://api.example.com/live
        bigfoot.http.mock_response("GET", "https://api.example.com/cached", json={"data": "cached"})
        bigfoot.http.pass_through("GET", live)

        with bigfoot:
            mocked = httpx.get("https://api.example.com/cached")  # returns mock
            real = httpx.get(live)  # makes real HTTP call

        assert [mocked.json(), real.json()] == [{"data": "cached"}, {"path": "/live"}]
        assert server.seen == ["GET /live"]
        bigfoot.http.assert_request(method="GET", url="https://api.example.com/cached",
                                   headers=IsMapping(), body=None,
        ).assert_response(status=200, headers=IsMapping(), body=IsMapping() | IsInstance(str))  # fmt: skip
        bigfoot.http.assert_request(method="GET", url=live,
                                   headers=IsMapping(), body=None,
        ).assert_response(status=200, headers=IsMapping(), body=IsMapping() | IsInstance(str))  # fmt: skip

    @pytest.mark.bigfoot(require_all_fields=False)  # it leaves args and kwargs out
    def test_something(self) -> None:
        svc = bigfoot.mock("MyService")
        svc.call.returns("ok")

        with bigfoot:
            result = svc.call()

        assert result == "ok"
        bigfoot.assert_interaction(svc.call)

    def test_the_sandbox_gives_the_verifier(self, bigfoot_verifier: StrictVerifier) -> None:
        with bigfoot as v:
            assert v is bigfoot_verifier
        with bigfoot.sandbox() as v:
            assert v is bigfoot_verifier

    async def test_aiohttp(self) -> None:
        bigfoot.http.mock_response("GET", "https://api.example.com/data", json={"value": 42})

        async with bigfoot, aiohttp.ClientSession() as session:
            response = await session.get("https://api.example.com/data")
            assert response.status == 200
            body = await response.json()
            assert body == {"value": 42}

        bigfoot.http.assert_request("GET", "https://api.example.com/data",
                                    headers={}, body="",
                                    require_response=True) \
            .assert_response(200, {"content-type": "application/json"}, '{"value": 42}')  # fmt: skip

    def test_assert_request_and_require_response(self) -> None:
        for _ in range(2):
            bigfoot.http.mock_response("POST", "https://api.example.com/orders", json={"id": 1}, status=201)

        with bigfoot:
            for _ in range(2):
                httpx.post("https://api.example.com/orders", json={"sku": "A1"})

        # Default: assert request only (4 fields)
        bigfoot.http.assert_request(
            method="POST",
            url="https://api.example.com/orders",
            headers=IsMapping(),
            body=IsInstance(str),
        )

        # With require_response=True: assert request + response (7 fields)
        bigfoot.http.assert_request(
            method="POST",
            url="https://api.example.com/orders",
            headers=IsMapping(),
            body=IsInstance(str),
            require_response=True,
        ).assert_response(
            status=201,
            headers=IsMapping(),
            body=IsMapping() | IsInstance(str),
        )

    def test_audit_trail(self) -> None:
        logger = logging.getLogger("myapp.auth")

        with bigfoot:
            logger.info("User alice logged in")
            logger.warning("Rate limit approaching")

        bigfoot.log_mock.assert_info("User alice logged in", "myapp.auth")
        bigfoot.log_mock.assert_warning("Rate limit approaching", "myapp.auth")

    def test_save_user(self) -> None:
        bigfoot.db_mock.new_session() \
            .expect("connect", returns=None) \
            .expect("execute", returns=[]) \
            .expect("commit", returns=None) \
            .expect("close", returns=None)  # fmt: skip

        with bigfoot:
            conn = sqlite3.connect("users.db")
            conn.execute("INSERT INTO users (name) VALUES (?)", ("alice",))
            conn.commit()
            conn.close()

        bigfoot.db_mock.assert_connect(database="users.db")
        bigfoot.db_mock.assert_execute(sql="INSERT INTO users (name) VALUES (?)", parameters=("alice",))
        bigfoot.db_mock.assert_commit()
        bigfoot.db_mock.assert_close()

    def test_error_messages(self) -> None:
        with bigfoot, pytest.raises(UnmockedInteractionError) as caught:
            bigfoot.mock("PaymentService").charge("order_42")
        assert caught.value.source_id == "mock:PaymentService.charge"
        assert (caught.value.args_tuple, caught.value.kwargs) == (("order_42",), {})
        assert "bigfoot.mock('PaymentService').charge.returns(" in caught.value.hint
        assert "bigfoot.mock('PaymentService').charge.required(False).returns(" in caught.value.hint

    def test_configuration(self, pytester: pytest.Pytester) -> None:
        pytester.makepyprojecttoml(
            dedent("""
            [tool.bigfoot.http]
            require_response = true  # Require .assert_response() on every HTTP assertion
            """)
        )
        pytester.makepyfile(
            dedent("""
            import bigfoot
            import httpx
            import pytest

            @pytest.mark.parametrize("how", ["chained", "half", "overridden"])
            def test_it(how):
                bigfoot.http.mock_response("GET", "https://api.example.com/", body="ok")
                with bigfoot:
                    httpx.get("https://api.example.com/")
                if how == "overridden":
                    bigfoot.http.assert_request("GET", "https://api.example.com/", require_response=False)
                    return
                request = bigfoot.http.assert_request("GET", "https://api.example.com/")
                if how == "chained":
                    request.assert_response(200, {}, "ok")
            """)
        )
        options = ("-p", "no:hypothesispytest", "-o", "asyncio_default_fixture_loop_scope=function")
        result = pytester.runpytest_inprocess(*options)
        result.assert_outcomes(passed=2, failed=1)
        result.stdout.fnmatch_lines(["*-> 200, its response is not asserted*"])

    def test_public_api(self) -> None:
        real = object()
        assert bigfoot.mock("Name") is bigfoot.mock("Name", wraps=real)
        assert bigfoot.spy("Name", real) is bigfoot.mock("Name")
        assert type(bigfoot.sandbox()) is SandboxContext
        assert bigfoot.verify_all() is None  # type: ignore[func-returns-value]
        assert type(bigfoot.current_verifier()) is StrictVerifier
        from bigfoot import (
            AssertionInsideSandboxError,
            AutoAssertError,
            BigfootError,
            ConflictError,
            InAnyOrderContext,
            InteractionMismatchError,
            InvalidStateError,
            MissingAssertionFieldsError,
            MockPlugin,
            NoActiveVerifierError,
            SandboxNotActiveError,
            UnassertedInteractionsError,
            UnusedMocksError,
            VerificationError,
        )
        from bigfoot.plugins.http import HttpPlugin

        assert issubclass(AutoAssertError, BigfootError)
        for error in (
            AssertionInsideSandboxError,
            ConflictError,
            InteractionMismatchError,
            InvalidStateError,
            MissingAssertionFieldsError,
            NoActiveVerifierError,
            SandboxNotActiveError,
            UnassertedInteractionsError,
            UnusedMocksError,
            VerificationError,
        ):
            assert issubclass(error, BigfootError)
        assert isinstance(bigfoot.in_any_order(), InAnyOrderContext)
        assert MockPlugin.name == "mock"
        assert HttpPlugin(StrictVerifier()).request.source_id == "http:request"


async def fetch(url: str) -> Any:
    async with httpx.AsyncClient() as client:
        response = await client.get(url)
    return response.json()


async def fetch_in_thread(url: str) -> bytes:
    loop = asyncio.get_event_loop()
    return await loop.run_in_executor(None, lambda: urllib.request.urlopen(url).read())


@pytest.mark.bigfoot(require_all_fields=False)
class TestAsyncGuide:
    async def test_async_http(self) -> None:
        bigfoot.http.mock_response("GET", "https://api.example.com/data", json={"ok": True})

        async with bigfoot:
            async with httpx.AsyncClient() as client:
                response = await client.get("https://api.example.com/data")
            assert response.json() == {"ok": True}

        bigfoot.assert_interaction(bigfoot.http.request, method="GET", url="https://api.example.com/data")

    @pytest.mark.parametrize("form", ["with", "async with"])
    async def test_concurrent_requests(self, form: str) -> None:
        bigfoot.http.mock_response("GET", "https://api.example.com/a", json={"name": "a"})
        bigfoot.http.mock_response("GET", "https://api.example.com/b", json={"name": "b"})

        async with bigfoot:
            a, b = await asyncio.gather(
                asyncio.create_task(fetch("https://api.example.com/a")),
                asyncio.create_task(fetch("https://api.example.com/b")),
            )

        assert [a, b] == [{"name": "a"}, {"name": "b"}]
        if form == "with":
            with bigfoot.in_any_order():
                bigfoot.assert_interaction(bigfoot.http.request, method="GET", url="https://api.example.com/a")
                bigfoot.assert_interaction(bigfoot.http.request, method="GET", url="https://api.example.com/b")
        else:
            async with bigfoot.in_any_order():
                bigfoot.assert_interaction(bigfoot.http.request, method="GET", url="https://api.example.com/a")
                bigfoot.assert_interaction(bigfoot.http.request, method="GET", url="https://api.example.com/b")

    async def test_thread_pool_interception(self) -> None:
        bigfoot.http.mock_response("GET", "https://api.example.com/data", body=b"hello")

        async with bigfoot:
            data = await fetch_in_thread("https://api.example.com/data")
            assert data == b"hello"

        bigfoot.assert_interaction(bigfoot.http.request, method="GET")

    async def test_async_mock(self) -> None:
        repo = bigfoot.mock("UserRepository")
        repo.find_by_id.returns({"id": 1, "name": "Alice"})

        async with bigfoot:
            user = repo.find_by_id(1)
            assert user["name"] == "Alice"

        bigfoot.assert_interaction(repo.find_by_id)


def deploy() -> None:
    assert shutil.which("git") == "/usr/bin/git"
    subprocess.run(["git", "pull", "--ff-only"], check=True)
    subprocess.run(["git", "tag", "v1.0"], check=True)


def deploy_elsewhere() -> None:
    subprocess.run(["scp", "build.tar", "host:"], check=True)


class TestReadmeOfProcesses:
    def test_deploy(self) -> None:
        bigfoot.subprocess_mock.mock_which("git", returns="/usr/bin/git")
        bigfoot.subprocess_mock.mock_run(["git", "pull", "--ff-only"], returncode=0, stdout="Already up to date.\n")
        bigfoot.subprocess_mock.mock_run(["git", "tag", "v1.0"], returncode=0)

        with bigfoot:
            deploy()

        bigfoot.assert_interaction(bigfoot.subprocess_mock.which, name="git", returns="/usr/bin/git")
        bigfoot.assert_interaction(bigfoot.subprocess_mock.run, command=["git", "pull", "--ff-only"],
                                   returncode=0, stdout="Already up to date.\n", stderr="")  # fmt: skip
        bigfoot.assert_interaction(bigfoot.subprocess_mock.run, command=["git", "tag", "v1.0"],
                                   returncode=0, stdout="", stderr="")  # fmt: skip

    def test_no_subprocess_calls(self) -> None:
        bigfoot.subprocess_mock.install()  # any subprocess.run call will raise UnmockedInteractionError

        with bigfoot, pytest.raises(UnmockedInteractionError):
            deploy_elsewhere()

    def test_streaming_build(self) -> None:
        bigfoot.popen_mock.new_session() \
            .expect("spawn", returns=None) \
            .expect("communicate", returns=(b"Build complete\n", b"", 0))  # fmt: skip

        with bigfoot:
            proc = subprocess.Popen(["make", "all"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            stdout, _stderr = proc.communicate()

        assert stdout == b"Build complete\n"
        bigfoot.popen_mock.assert_spawn(command=["make", "all"], stdin=None)
        bigfoot.popen_mock.assert_communicate(input=None)

    async def test_async_build(self) -> None:
        bigfoot.async_subprocess_mock.new_session() \
            .expect("spawn", returns=None) \
            .expect("communicate", returns=(b"Build complete\n", b"", 0))  # fmt: skip

        with bigfoot:
            proc = await asyncio.create_subprocess_exec("make", "all")
            stdout, _stderr = await proc.communicate()

        assert stdout == b"Build complete\n"
        bigfoot.async_subprocess_mock.assert_spawn(command=["make", "all"], stdin=None)
        bigfoot.async_subprocess_mock.assert_communicate(input=None)

    async def test_async_shell(self) -> None:
        bigfoot.async_subprocess_mock.new_session() \
            .expect("spawn", returns=None) \
            .expect("communicate", returns=(b"HELLO\n", b"", 0))  # fmt: skip

        with bigfoot:
            proc = await asyncio.create_subprocess_shell("echo hello | tr a-z A-Z")
            await proc.communicate()

        bigfoot.async_subprocess_mock.assert_spawn(
            command="echo hello | tr a-z A-Z", stdin=None
        )  # fmt: skip
        bigfoot.async_subprocess_mock.assert_communicate(input=None)


async def run_linter(path: str) -> tuple[int | None, str]:
    proc = await asyncio.create_subprocess_exec(
        "ruff", "check", path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    stdout, _stderr = await proc.communicate()
    return proc.returncode, stdout.decode()


class TestAsyncSubprocessGuide:
    async def test_run_command(self) -> None:
        (bigfoot.async_subprocess_mock
            .new_session()
            .expect("spawn", returns=None)
            .expect("communicate", returns=(b"hello\n", b"", 0)))  # fmt: skip

        with bigfoot:
            proc = await asyncio.create_subprocess_exec("echo", "hello")
            stdout, _stderr = await proc.communicate()

        assert stdout == b"hello\n"
        assert proc.returncode == 0
        bigfoot.async_subprocess_mock.assert_spawn(command=["echo", "hello"], stdin=None)
        bigfoot.async_subprocess_mock.assert_communicate(input=None)

    def test_manual_use(self) -> None:
        from bigfoot.plugins.async_subprocess_plugin import AsyncSubprocessPlugin

        verifier = StrictVerifier()
        plugin = AsyncSubprocessPlugin(verifier)
        assert verifier.plugin("async_subprocess_mock") is plugin

    async def test_linter_clean(self) -> None:
        (bigfoot.async_subprocess_mock
            .new_session()
            .expect("spawn", returns=None)
            .expect("communicate", returns=(b"All checks passed.\n", b"", 0)))  # fmt: skip

        with bigfoot:
            rc, output = await run_linter("src/")

        assert rc == 0
        assert output == "All checks passed.\n"
        bigfoot.async_subprocess_mock.assert_spawn(
            command=["ruff", "check", "src/"], stdin=None
        )  # fmt: skip
        bigfoot.async_subprocess_mock.assert_communicate(input=None)

    async def test_shell_pipeline(self) -> None:
        (bigfoot.async_subprocess_mock
            .new_session()
            .expect("spawn", returns=None)
            .expect("communicate", returns=(b"HELLO\n", b"", 0)))  # fmt: skip

        with bigfoot:
            proc = await asyncio.create_subprocess_shell("echo hello | tr a-z A-Z")
            stdout, _stderr = await proc.communicate()

        assert stdout == b"HELLO\n"
        bigfoot.async_subprocess_mock.assert_spawn(
            command="echo hello | tr a-z A-Z", stdin=None
        )  # fmt: skip
        bigfoot.async_subprocess_mock.assert_communicate(input=None)

    async def test_wait_for_process(self) -> None:
        (bigfoot.async_subprocess_mock
            .new_session()
            .expect("spawn", returns=None)
            .expect("wait", returns=0))  # fmt: skip

        with bigfoot:
            proc = await asyncio.create_subprocess_exec("sleep", "1")
            rc = await proc.wait()

        assert rc == 0
        assert proc.returncode == 0
        bigfoot.async_subprocess_mock.assert_spawn(command=["sleep", "1"], stdin=None)
        bigfoot.async_subprocess_mock.assert_wait()

    @pytest.mark.parametrize("name", ["create_subprocess_exec", "create_subprocess_shell"])
    def test_conflict(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        from unittest import mock

        monkeypatch.setattr(asyncio, name, mock.AsyncMock())
        with pytest.raises(ConflictError), bigfoot:
            pass
