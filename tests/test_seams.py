"""How foreign attributes are replaced: once, inertly, completely, and not where a mock library has been before."""

from __future__ import annotations

import asyncio
import functools
import sys
import textwrap
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

import bigfoot
from bigfoot import ConflictError, StrictVerifier, UnmockedInteractionError
from bigfoot.plugins.http import HttpPlugin
from bigfoot.seam import Seam, Target

from .loopback import Loopback
from .script import run

URL = "https://api.example.com/"


class TestLateImports:
    def test_of_a_client_inside_the_sandbox(self, tmp_path: Path) -> None:
        script = """
            import sys
            from bigfoot import StrictVerifier, UnmockedInteractionError
            from bigfoot.plugins.http import HttpPlugin

            verifier = StrictVerifier()
            HttpPlugin(verifier).mock_response("GET", "https://api.example.com/", body="mocked")
            assert "httpx" not in sys.modules
            with verifier.sandbox():
                import httpx

                print(httpx.get("https://api.example.com/").text)
                try:
                    httpx.get("https://api.example.com/")
                except UnmockedInteractionError:
                    print("refused")
        """
        assert run(script, tmp_path).split() == ["mocked", "refused"]

    def test_of_trio_which_starts_processes(self, tmp_path: Path) -> None:
        script = """
            from bigfoot import StrictVerifier
            from bigfoot.plugins.http import HttpPlugin

            verifier = StrictVerifier()
            HttpPlugin(verifier).mock_response("GET", "https://api.example.com/", body="mocked")
            with verifier.sandbox():
                import trio
                import httpx

                async def main():
                    async with httpx.AsyncClient() as client:
                        print((await client.get("https://api.example.com/")).text)

                trio.run(main)
        """
        assert run(script, tmp_path) == "mocked\n"


def test_uninstall_gives_everything_back(tmp_path: Path) -> None:
    script = """
        import concurrent.futures, http.client, threading, urllib.request
        import aiohttp, httpx, httpx2, requests, urllib3
        import bigfoot
        from bigfoot import seam

        watched = [threading.Thread, concurrent.futures.ThreadPoolExecutor, http.client.HTTPConnection,
                   http.client.HTTPSConnection, httpx.HTTPTransport, httpx.AsyncHTTPTransport, httpx2.HTTPTransport,
                   requests.adapters.HTTPAdapter, aiohttp.BaseConnector, urllib.request.AbstractHTTPHandler,
                   urllib3.connection.HTTPConnection]
        before = [dict(vars(owner)) for owner in watched]
        for _ in range(2):
            with bigfoot.StrictVerifier().sandbox():
                pass
            places = list(seam.replaced())
            assert (httpx.HTTPTransport, "handle_request") in places
            assert all(vars(owner)[name] is not original for owner, originals in zip(watched, before)
                       for name, original in originals.items() if (owner, name) in places)
            bigfoot.uninstall()
            after = [dict(vars(owner)) for owner in watched]
            assert after == before, [set(b.items()) ^ set(a.items()) for a, b in zip(after, before)]
            assert all(a[name] is b[name] for a, b in zip(after, before) for name in b)
            assert list(seam.replaced()) == []
        print("ok")
    """
    assert run(script, tmp_path) == "ok\n"


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """An imported library with something to replace; whatever was replaced is given back in the end."""
    module = types.ModuleType("some_client")
    code = """
        class Connection:
            def send(self, data):
                return "sent " + data

            @classmethod
            def made(cls):
                return cls.__name__

            @staticmethod
            def version():
                return 1

            @property
            def peer(self):
                return "real"

        class Pooled(Connection):
            pass
    """
    exec(textwrap.dedent(code), vars(module))
    monkeypatch.setitem(sys.modules, "some_client", module)
    yield module
    bigfoot.uninstall()


def shout(original: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any) -> Any:
        return str(original(*args)).upper()

    return wrapper


class TestReplacing:
    def test_keeps_what_a_function_says_of_itself(self, library: Any) -> None:
        Seam("some_client", lambda: [Target(library.Connection, "send", shout)]).install()
        assert library.Connection().send("x") == "SENT X"
        assert library.Connection.send.__name__ == "send"
        assert library.Connection.send.__qualname__ == "Connection.send"

    def test_class_methods_static_methods_and_properties(self, library: Any) -> None:
        def descriptor(kind: Any) -> Any:
            return lambda original: kind(shout(original.__func__))

        before = dict(vars(library.Connection))
        Seam(
            "some_client",
            lambda: [
                Target(library.Connection, "made", descriptor(classmethod)),
                Target(library.Connection, "version", descriptor(staticmethod)),
                Target(library.Connection, "peer", lambda original: property(shout(original.fget))),
            ],
        ).install()
        assert library.Connection.made() == "CONNECTION"
        assert library.Connection.version() == "1"
        assert library.Connection().peer == "REAL"
        bigfoot.uninstall()
        assert dict(vars(library.Connection)) == before

    def test_what_was_inherited_is_inherited_again(self, library: Any) -> None:
        Seam("some_client", lambda: [Target(library.Pooled, "send", shout)]).install()
        assert library.Pooled().send("x") == "SENT X"
        assert library.Connection().send("x") == "sent x"
        bigfoot.uninstall()
        assert "send" not in vars(library.Pooled)

    def test_happens_once(self, library: Any) -> None:
        seam = Seam("some_client", lambda: [Target(library.Connection, "send", shout)])
        other = Seam("some_client", lambda: [Target(library.Connection, "send", lambda original: lambda *_: "twice")])
        assert not seam.installed
        for each in (seam, seam, other):
            each.install()
            assert each.installed
        assert library.Connection().send("x") == "SENT X"

    def test_what_others_put_on_top_is_left_there(self, library: Any) -> None:
        seam = Seam("some_client", lambda: [Target(library.Connection, "send", shout)])
        seam.install()
        tracer = shout(library.Connection.send)
        library.Connection.send = tracer
        bigfoot.uninstall()
        assert library.Connection.send is tracer

    def test_of_a_library_that_two_imports_were_waited_for(self, tmp_path: Path) -> None:
        (tmp_path / "late_client.py").write_text("def send():\n    return 'sent'\n")
        script = """
            import bigfoot
            from bigfoot.seam import Seam, Target, original

            def targets():
                import late_client
                yield Target(late_client, "send", lambda original: lambda: original() + "!")

            seam = Seam("late_client", targets)
            seam.install()
            bigfoot.uninstall()
            seam.install()
            import late_client
            print(late_client.send(), original(late_client, "send")())
            bigfoot.uninstall()
            print(late_client.send(), original(late_client, "send")())
        """
        assert run(script, tmp_path).split() == ["sent!", "sent", "sent", "sent"]

    def test_targets_that_lead_back_to_the_seam(self, library: Any) -> None:
        def targets() -> Iterator[Target]:
            seam.install()  # as the import of a library's own extension does
            yield Target(library.Connection, "send", shout)

        seam = Seam("some_client", targets)
        seam.install()
        assert library.Connection().send("x") == "SENT X"


class TestHalfImported:
    def test_by_another_thread_is_waited_for(self, tmp_path: Path) -> None:
        (tmp_path / "slow_client.py").write_text(
            "import gate\ngate.entered.set()\ngate.go_on.wait(10)\n\n\ndef send():\n    return 'real'\n"
        )
        (tmp_path / "gate.py").write_text("import threading\nentered = threading.Event()\ngo_on = threading.Event()\n")
        script = """
            import importlib, threading
            import gate
            from bigfoot.seam import Seam, Target

            def targets():
                import slow_client
                yield Target(slow_client, "send", lambda original: lambda: "ours")

            importer = threading.Thread(target=importlib.import_module, args=("slow_client",))
            importer.start()
            gate.entered.wait(10)
            threading.Timer(0.05, gate.go_on.set).start()
            Seam("slow_client", targets).install()
            importer.join()
            import slow_client
            print(slow_client.send())
        """
        assert run(script, tmp_path) == "ours\n"

    def test_further_up_the_stack_is_left_to_the_next_sandbox(self, tmp_path: Path) -> None:
        (tmp_path / "eager_client.py").write_text(
            "import plugin\nplugin.seam.install()\nprint(plugin.seam.installed)\n\n\ndef send():\n    return 'real'\n"
        )
        (tmp_path / "plugin.py").write_text(
            textwrap.dedent("""
                from bigfoot.seam import Seam, Target

                def targets():
                    import eager_client
                    yield Target(eager_client, "send", lambda original: lambda: "ours")

                seam = Seam("eager_client", targets)
            """)
        )
        script = """
            import eager_client, plugin
            plugin.seam.install()
            print(eager_client.send())
        """
        assert run(script, tmp_path).split() == ["False", "ours"]


# How the mock libraries take the ground: the attribute, and a function of a module of theirs in its place.
RIVALS = [
    ("respx", "mocks", httpx.HTTPTransport, "handle_request"),
    ("respx", "mocks", httpx.Client, "_transport_for_url"),
    ("pytest_httpx", "", httpx.AsyncHTTPTransport, "handle_async_request"),
    ("vcr", "patch", httpx.HTTPTransport, "handle_request"),
    ("pook", "interceptors", httpx.Client, "_transport_for_url"),
]
NAMES = {"pytest_httpx": "pytest-httpx", "vcr": "vcrpy"}


def function_of(package: str, module: str, original: Any) -> Callable[..., Any]:
    """A replacement that says it is the original, as `functools.wraps` makes it, from a module of the package."""
    scope: dict[str, Any] = {"__name__": f"{package}.{module}".rstrip(".")}
    exec("def replacement(*args, **kwargs): raise AssertionError('a mock library has answered')", scope)
    return functools.wraps(original)(scope["replacement"])


@pytest.fixture(params=[False, True], ids=["seams-on", "seams-off"])
def seams(request: pytest.FixtureRequest) -> None:
    """Both orders: bigfoot was there first, or the other one was."""
    if request.param:
        bigfoot.uninstall()
    else:
        with StrictVerifier().sandbox():
            pass


@pytest.mark.usefixtures("seams")
class TestConflicts:
    @pytest.mark.parametrize(("package", "module", "owner", "name"), RIVALS)
    def test_with_a_mock_library(
        self, package: str, module: str, owner: type, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, function_of(package, module, getattr(owner, name)))
            with pytest.raises(ConflictError) as caught, StrictVerifier().sandbox():
                raise AssertionError("entered")
        assert caught.value.target == f"httpx.{owner.__name__}.{name}"
        assert caught.value.patcher == NAMES.get(package, package)
        assert f"replaced by {caught.value.patcher}" in str(caught.value)
        self.sandboxes_work_again()

    @pytest.mark.parametrize("autospec", [False, True])
    def test_with_unittest_mock(self, autospec: bool) -> None:
        patch = mock.patch.object(httpx.HTTPTransport, "handle_request", autospec=autospec)
        with patch, pytest.raises(ConflictError, match=r"unittest\.mock") as caught:
            StrictVerifier().sandbox().__enter__()
        assert caught.value.target == "httpx.HTTPTransport.handle_request"
        self.sandboxes_work_again()

    @pytest.mark.parametrize(
        "target",
        [
            "httpx.get",
            "httpx.stream",
            "httpx.Client",
            "httpx.AsyncClient.post",
            "requests.request",
            "requests.Session",
            "requests.Session.get",
            "urllib.request.urlopen",
            "aiohttp.ClientSession",
            "aiohttp.ClientSession.get",
            "aiohttp.request",
        ],
    )
    def test_with_what_an_application_calls(self, target: str) -> None:
        with mock.patch(target), pytest.raises(ConflictError, match=r"unittest\.mock") as caught:
            StrictVerifier().sandbox().__enter__()
        assert caught.value.target.rpartition(".")[2] == target.rpartition(".")[2]
        self.sandboxes_work_again()

    @pytest.mark.parametrize("autospec", [False, True])
    def test_a_mock_that_only_listens_is_none(self, autospec: bool) -> None:
        with mock.patch("httpx.get", wraps=httpx.get) as listener:
            self.sandboxes_work_again()
        assert listener.call_count == 1
        listens = function_of("pytest_mock", "plugin", httpx.get)
        spy = mock.patch("httpx.get", side_effect=listens, autospec=autospec)
        with spy as listener, StrictVerifier().sandbox(), pytest.raises(AssertionError, match="has answered"):
            httpx.get(URL)
        assert listener.call_count == 1

    def test_with_a_library_that_uses_unittest_mock(self) -> None:
        answer = function_of("aioresponses", "core", httpx.Client.send)
        patch = mock.patch.object(httpx.Client, "send", side_effect=answer, autospec=True)
        with patch, pytest.raises(ConflictError) as caught:
            StrictVerifier().sandbox().__enter__()
        assert caught.value.patcher == "aioresponses"
        self.sandboxes_work_again()

    def test_with_a_function_that_says_nothing_but_where_it_is_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(httpx.Client, "send", compiled("/venv/lib/python3.11/site-packages/respx/patch.py"))
            with pytest.raises(ConflictError, match="respx"):
                StrictVerifier().sandbox().__enter__()
        self.sandboxes_work_again()

    def test_behind_a_tracer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def tracer(*args: Any, **kwargs: Any) -> Any: ...

        with monkeypatch.context() as patch:
            replaced = function_of("respx", "mocks", httpx.Client.send)
            patch.setattr(httpx.Client, "send", functools.wraps(replaced)(tracer))
            with pytest.raises(ConflictError, match="respx"):
                StrictVerifier().sandbox().__enter__()
            patch.setattr(httpx.Client, "send", functools.partial(replaced))
            with pytest.raises(ConflictError, match="respx"):
                StrictVerifier().sandbox().__enter__()

    def sandboxes_work_again(self) -> None:
        with StrictVerifier().sandbox(), pytest.raises(UnmockedInteractionError):
            httpx.get(URL)


def compiled(file: str) -> Callable[..., Any]:
    scope: dict[str, Any] = {}
    exec(compile("def replacement(*args, **kwargs): raise AssertionError", file, "exec"), scope)
    function: Callable[..., Any] = scope["replacement"]
    return function


class TestTolerated:
    @pytest.mark.parametrize("name", ["send", "_transport_for_url"])
    def test_tracers_around_the_client(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[str] = []
        original = getattr(httpx.Client, name)

        @functools.wraps(original)
        def traced(*args: Any, **kwargs: Any) -> Any:
            seen.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(httpx.Client, name, traced)
        self.answered()
        assert seen == [name]

    def test_tracers_around_the_transport(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with StrictVerifier().sandbox():
            pass
        seen: list[str] = []
        ours = httpx.HTTPTransport.handle_request

        def traced(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            seen.append(request.method)
            return ours(self, request)

        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", traced)
        self.answered()
        assert seen == ["GET"]

    def test_chains_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def circular(*args: Any, **kwargs: Any) -> Any:
            return original(*args, **kwargs)

        original = httpx.Client.send
        circular.__wrapped__ = circular  # type: ignore[attr-defined]
        monkeypatch.setattr(httpx.Client, "send", circular)
        self.answered()

    def test_who_puts_the_original_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bigfoot.uninstall()
        original = httpx.HTTPTransport.handle_request
        with StrictVerifier().sandbox():
            pass
        httpx.HTTPTransport.handle_request = original  # type: ignore[method-assign]
        self.answered()
        assert httpx.HTTPTransport.handle_request is not original

    def answered(self) -> None:
        verifier = StrictVerifier()
        HttpPlugin(verifier).mock_response("GET", URL, body="mocked")
        with verifier.sandbox():
            assert httpx.get(URL).text == "mocked"


class TestUntouched:
    def test_asgi_applications(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"from the app"})

        async def main() -> str:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
                return (await client.get(URL)).text

        verifier = StrictVerifier()
        with verifier.sandbox():
            assert asyncio.run(main()) == "from the app"
        assert len(verifier.timeline) == 0

    def test_wsgi_applications(self) -> None:
        def app(environ: Any, start_response: Any) -> list[bytes]:
            start_response("200 OK", [])
            return [b"from the app"]

        verifier = StrictVerifier()
        with verifier.sandbox(), httpx.Client(transport=httpx.WSGITransport(app)) as client:
            assert client.get(URL).text == "from the app"
        assert len(verifier.timeline) == 0

    def test_mock_transports(self) -> None:
        verifier = StrictVerifier()
        transport = httpx.MockTransport(lambda request: httpx.Response(200, text="from the mock"))
        with verifier.sandbox(), httpx.Client(transport=transport) as client:
            assert client.get(URL).text == "from the mock"
        assert len(verifier.timeline) == 0

    def test_pool_workers_and_threads_outside_sandboxes(self, server: Loopback) -> None:
        with StrictVerifier().sandbox():
            pass
        thread = threading.Thread(target=httpx.get, args=(f"{server.url}/thread",))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(httpx.get, f"{server.url}/pool").result()
        assert server.seen == ["GET /thread", "GET /pool"]
