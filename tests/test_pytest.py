"""The pytest plugin: one verifier per test, its verdict as part of the test, and good company for other plugins."""

from __future__ import annotations

import os
from textwrap import dedent
from typing import Any

import aiohttp as _aiohttp  # noqa: F401  (a run in this process must not be the first to import a client)
import httpcore as _httpcore  # noqa: F401  (httpx imports it with its first transport)
import httpx as _httpx
import pytest

import bigfoot
from bigfoot import NoActiveVerifierError, masking, turn
from bigfoot import config as settings

# Without the plugins that cost seconds in every run and say nothing here.
PLAIN = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")

INI = """
[pytest]
filterwarnings =
    error
    ignore:Module already imported:pytest.PytestAssertRewriteWarning
asyncio_default_fixture_loop_scope = function
"""

HEAD = """
import asyncio
import unittest

import httpx
import pytest

import bigfoot
from bigfoot import *

URL = "https://api.example.com/"


def promised():
    service = bigfoot.mock("Service")
    service.ping.returns("pong")
    return service


def called():
    service = promised()
    with bigfoot:
        service.ping()
    return service
"""


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "COV_CORE"))]:
        monkeypatch.delenv(name)
    pytester.makeini(INI)
    return pytester


def run(pytester: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(test_it=HEAD + dedent(tests))
    return pytester.runpytest_inprocess(*PLAIN, *options)


class TestVerdict:
    def test_is_a_failure_of_the_test(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def test_unused():
                promised()

            def test_unasserted():
                called()

            def test_both():
                service = called()
                service.ping.returns(2)

            def test_good():
                called().ping.assert_call()

            def test_nothing():
                pass
            """,
        )
        result.assert_outcomes(failed=3, passed=2)
        result.stdout.fnmatch_lines(
            [
                "E *UnusedMocksError: 1 mock was never called, or not as often as promised:",
                "*bigfoot.mock('Service').ping.returns('pong')",
                "*promised at test_it.py:*",
                "E *UnassertedInteractionsError: 1 interaction was not asserted:",
                "*#0 Service.ping()  (called at test_it.py:*",
                "E *VerificationError: 1 interaction was not asserted:",
            ]
        )
        assert "pytest_plugin.py" not in result.stdout.str()

    def test_stops_at_the_first(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, "def test_one(): promised()\n\ndef test_two(): promised()\n", "-x")
        result.assert_outcomes(failed=1)

    def test_comes_after_a_failure_of_the_body_and_only_once(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def test_it():
                service = called()
                service.ping.returns(2)
                assert 1 == 2
            """,
        )
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                "E *assert 1 == 2",
                "*Captured bigfoot call*",
                "VerificationError: 1 interaction was not asserted:",
                "1 mock was never called, or not as often as promised:",
            ]
        )
        assert result.stdout.str().count("1 interaction was not asserted:") == 1

    def test_adds_nothing_where_there_is_nothing(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def test_one():
                assert 1 == 2

            def test_two():
                bigfoot.current_verifier()
                assert 1 == 2
            """,
        )
        result.assert_outcomes(failed=2)
        assert "Captured bigfoot" not in result.stdout.str()

    def test_asked_for_by_the_test_itself_is_not_repeated(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def test_it():
                called()
                with pytest.raises(UnassertedInteractionsError):
                    bigfoot.verify_all()

            def test_and_more():
                service = called()
                with pytest.raises(UnassertedInteractionsError):
                    bigfoot.verify_all()
                service.ping.returns("unused")
            """,
        )
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(["E *UnusedMocksError: *"])

    def test_is_each_tests_own(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.mark.parametrize("number", range(3))
            def test_it(number):
                service = promised()
                if number != 1:
                    with bigfoot:
                        assert service.ping() == "pong"
                    service.ping.assert_call()
            """,
        )
        result.assert_outcomes(passed=2, failed=1)

    def test_of_a_test_that_leaves_its_sandbox_open(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def test_open():
                bigfoot.sandbox().__enter__()

            def test_broken():
                bigfoot.sandbox().__enter__()
                assert 1 == 2

            def test_next():
                with pytest.raises(SandboxNotActiveError):
                    promised().ping()
                bigfoot.mock("Service").ping.required(False)
                with bigfoot:
                    bigfoot.mock("Service").ping()
                bigfoot.mock("Service").ping.assert_call()
            """,
        )
        result.assert_outcomes(passed=2, failed=1, errors=1)
        result.stdout.fnmatch_lines(
            ["*BigfootError: 1 sandbox was never left:", "*entered at test_it.py:*", "*Use `with bigfoot:`."]
        )


class TestSkipAndXfail:
    def test_a_skipped_test_is_not_judged(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def test_in_the_body():
                promised()
                pytest.skip("not today")

            def test_in_the_sandbox():
                service = promised()
                with bigfoot:
                    service.ping()
                    pytest.importorskip("no_such_module")

            @pytest.mark.skip
            def test_by_a_mark():
                promised()
            """,
        )
        result.assert_outcomes(skipped=3)

    def test_an_expected_failure_may_be_the_verdicts(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.mark.xfail(strict=True)
            def test_verdict():
                promised()

            @pytest.mark.xfail
            def test_body():
                called()
                assert 1 == 2

            def test_imperative():
                promised()
                pytest.xfail("known")

            @pytest.mark.xfail(raises=UnusedMocksError, strict=True)
            def test_this_error():
                promised()

            @pytest.mark.xfail(raises=ValueError, strict=True)
            def test_another_error():
                promised()

            @pytest.mark.xfail(run=False)
            def test_not_run():
                promised()
            """,
        )
        result.assert_outcomes(xfailed=5, failed=1)

    def test_an_unexpected_success_is_one(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.mark.xfail
            def test_loose():
                called().ping.assert_call()

            @pytest.mark.xfail(strict=True)
            def test_strict():
                called().ping.assert_call()
            """,
        )
        result.assert_outcomes(xpassed=1, failed=1)


class TestSwallowed:
    CODE = """
    def fetch():  # code under test
        try:
            return httpx.get(URL).text
        except Exception:
            return "default"

    async def fetch_async():
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(URL)).text
            except Exception:
                return "default"
    """

    def test_fails_the_test(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            dedent(self.CODE)
            + dedent("""
            def test_sync():
                with bigfoot:
                    assert fetch() == "default"

            def test_async():
                with bigfoot:
                    assert asyncio.run(fetch_async()) == "default"

            @pytest.fixture
            def sandboxed():
                with bigfoot:
                    yield

            def test_of_a_fixture(sandboxed):
                assert fetch() == "default"
            """),
        )
        result.assert_outcomes(failed=2, passed=1, errors=1)
        result.stdout.fnmatch_lines(["*The code under test swallowed this error:", "*Unmocked call: GET https://api.*"])

    def test_by_a_function_inside_the_test(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            from unittest import mock

            @mock.patch("os.getlogin")
            def test_it(getlogin):
                def fetch():
                    try:
                        httpx.get(URL)
                    except Exception:
                        pass

                with bigfoot:
                    list(map(lambda _: fetch(), range(1)))
            """,
        )
        result.assert_outcomes(failed=1)

    def test_but_not_what_the_test_catches(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.fixture
            def sandboxed():
                with bigfoot:
                    yield

            def helper():
                with pytest.raises(UnmockedInteractionError):
                    httpx.get(URL)

            def test_inside():
                with bigfoot, pytest.raises(UnmockedInteractionError):
                    httpx.get(URL)

            def test_around():
                with pytest.raises(UnmockedInteractionError):
                    with bigfoot:
                        httpx.get(URL)

            def test_in_a_function_of_the_test():
                def inner():
                    with pytest.raises(UnmockedInteractionError):
                        httpx.get(URL)

                with bigfoot:
                    inner()

            def test_of_a_fixture(sandboxed):
                with pytest.raises(UnmockedInteractionError):
                    httpx.get(URL)

            class TestIt(unittest.TestCase):
                def test_method(self):
                    with bigfoot, self.assertRaises(UnmockedInteractionError):
                        httpx.get(URL)

            async def test_async():
                async with bigfoot, httpx.AsyncClient() as client:
                    with pytest.raises(UnmockedInteractionError):
                        await client.get(URL)
            """,
            "-o",
            "asyncio_mode=auto",
        )
        result.assert_outcomes(passed=6)


class TestFixtures:
    def test_that_hold_the_sandbox_open_are_judged_when_they_are_done(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.fixture
            def service():
                service = promised()
                with bigfoot:
                    yield service

            @pytest.fixture
            def asserted(service):
                yield service

            @pytest.fixture
            def api():
                service = promised()
                with bigfoot:
                    yield service
                service.ping.assert_call()

            def test_not_asserted(service):
                assert service.ping() == "pong"

            def test_not_called(service):
                pass

            def test_asserted_by_the_fixture(api):
                assert api.ping() == "pong"

            def test_body_fails(service):
                service.ping()
                assert 1 == 2
            """,
        )
        result.assert_outcomes(passed=3, failed=1, errors=2)
        result.stdout.fnmatch_lines(
            [
                "*ERROR at teardown of test_not_asserted*",
                "E *UnassertedInteractionsError: 1 interaction was not asserted:",
                "*ERROR at teardown of test_not_called*",
                "E *UnusedMocksError: *",
            ]
        )
        reports = result.stdout.str().partition("short test summary")[0]  # which says it again under CI=true
        assert reports.count("1 interaction was not asserted:") == 2

    def test_that_fail_hide_nothing(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.fixture
            def broken():
                promised()
                raise ValueError("in the fixture")

            @pytest.fixture
            def broken_at_the_end():
                yield
                raise ValueError("at the end")

            def test_setup(broken):
                pass

            def test_teardown(broken_at_the_end):
                promised()
            """,
        )
        result.assert_outcomes(errors=2, failed=1)
        result.stdout.fnmatch_lines(["E *ValueError: in the fixture"])
        result.stdout.fnmatch_lines(["E *ValueError: at the end"])
        result.stdout.fnmatch_lines(["E *UnusedMocksError: *"])

    def test_whose_end_makes_calls_are_judged_for_these(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.fixture
            def late():
                service = bigfoot.mock("Late")
                service.bye.required(False).returns(None)
                yield
                with bigfoot:
                    service.bye()

            def test_it(late):
                called().ping.assert_call()
            """,
        )
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(["*Late.bye()*"])
        assert "Service.ping" not in result.stdout.str()

    def test_give_the_verifier(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def test_it(bigfoot_verifier):
                assert bigfoot_verifier is bigfoot.current_verifier()
                with bigfoot as verifier:
                    assert verifier is bigfoot_verifier
                with bigfoot.sandbox() as verifier:
                    assert verifier is bigfoot_verifier
            """,
        )
        result.assert_outcomes(passed=1)

    def test_of_the_session_that_hold_a_sandbox_are_told_so(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.fixture(scope="session", autouse=True)
            def held():
                with bigfoot:
                    yield

            def test_one():
                pass

            def test_two():
                called().ping.assert_call()
            """,
        )
        result.assert_outcomes(passed=2, errors=1)
        result.stdout.fnmatch_lines(["*ERROR at teardown of test_one*", "E *1 sandbox was never left:"])

    def test_of_the_session_may_have_a_verifier_of_their_own(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            @pytest.fixture(scope="session")
            def api():
                verifier = StrictVerifier()
                service = verifier.mock("Session")
                service.ping.returns(1).returns(2)
                with verifier.sandbox():
                    yield service
                service.ping.assert_call()
                service.ping.assert_call()
                verifier.verify_all()

            def test_one(api):
                assert api.ping() == 1

            def test_two(api):
                with bigfoot:
                    assert api.ping() == 2
            """,
        )
        result.assert_outcomes(passed=2)


class TestOtherRunners:
    def test_unittest(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            class TestCase(unittest.TestCase):
                def setUp(self):
                    self.service = promised()

                def test_good(self):
                    with bigfoot:
                        self.assertEqual(self.service.ping(), "pong")
                    self.service.ping.assert_call()

                def test_unused(self):
                    pass

                def test_body_fails(self):
                    self.assertEqual(1, 2)

                def test_skipped(self):
                    self.skipTest("not today")

                @unittest.expectedFailure
                def test_expected(self):
                    self.assertEqual(1, 2)

                @unittest.expectedFailure
                def test_expected_verdict(self):
                    pass

                @unittest.expectedFailure
                def test_unexpected_success(self):
                    self.service.ping.required(False)
                    with bigfoot:
                        self.service.ping()
                    self.service.ping.assert_call()
            """,
        )
        result.assert_outcomes(passed=1, failed=3, skipped=1, xfailed=2)
        result.stdout.fnmatch_lines(["*Captured bigfoot call*", "UnusedMocksError: 1 mock was never called*"])

    def test_unittest_async(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            class TestCase(unittest.IsolatedAsyncioTestCase):
                async def asyncSetUp(self):
                    bigfoot.http.mock_response("GET", URL, body="ok")

                async def test_good(self):
                    async with bigfoot, httpx.AsyncClient() as client:
                        self.assertEqual((await client.get(URL)).text, "ok")
                    bigfoot.http.assert_request("GET", URL)

                async def test_unasserted(self):
                    async with bigfoot, httpx.AsyncClient() as client:
                        await client.get(URL)

                async def test_unused(self):
                    pass
            """,
        )
        result.assert_outcomes(passed=1, failed=2)

    def test_subtests(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def test_good(subtests):
                service = bigfoot.mock("Service")
                for number in range(3):
                    with subtests.test(number=number):
                        service.ping.returns(number)
                        with bigfoot:
                            assert service.ping() == number
                        service.ping.assert_call()

            def test_verdict(subtests):
                with subtests.test("one"):
                    promised()

            class TestCase(unittest.TestCase):
                def test_method(self):
                    for number in range(2):
                        with self.subTest(number=number):
                            called().ping.assert_call()
            """,
        )
        assert result.parseoutcomes()["failed"] == 1
        assert "errors" not in result.parseoutcomes()
        result.stdout.fnmatch_lines(["E *UnusedMocksError: *"])

    def test_doctest(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            '''
            def function():
                """
                >>> import bigfoot
                >>> service = bigfoot.mock("Service")
                >>> _ = service.ping.returns("pong")
                >>> with bigfoot:
                ...     service.ping()
                'pong'
                >>> service.ping.assert_call()
                """

            def careless():
                """
                >>> import bigfoot
                >>> _ = bigfoot.mock("Service").ping.returns("pong")
                """

            def swallows():
                """
                >>> import bigfoot
                >>> with bigfoot:
                ...     try:
                ...         _ = bigfoot.mock("Service").ping()
                ...     except bigfoot.UnmockedInteractionError:
                ...         pass
                """
            ''',
            "--doctest-modules",
        )
        result.assert_outcomes(passed=2, failed=1)

    @pytest.mark.parametrize("mode", ["auto", "strict"])
    def test_pytest_asyncio(self, mode: str, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            import pytest_asyncio

            pytestmark = pytest.mark.asyncio

            @pytest_asyncio.fixture
            async def held():
                bigfoot.http.mock_response("GET", URL, body="ok")
                async with bigfoot:
                    yield
                bigfoot.http.assert_request("GET", URL)

            async def test_good():
                bigfoot.http.mock_response("GET", URL, body="ok")
                async with bigfoot, httpx.AsyncClient() as client:
                    assert (await client.get(URL)).text == "ok"
                bigfoot.http.assert_request("GET", URL)

            async def test_unused():
                bigfoot.http.mock_response("GET", URL, body="ok")

            async def test_held(held):
                async with httpx.AsyncClient() as client:
                    assert (await client.get(URL)).text == "ok"

            async def test_held_and_unused(held):
                pass
            """,
            "-o",
            f"asyncio_mode={mode}",
        )
        result.assert_outcomes(passed=3, failed=1, errors=1)

    def test_anyio(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            pytestmark = pytest.mark.anyio

            @pytest.fixture(params=["asyncio", "trio"])
            def anyio_backend(request):
                return request.param

            @pytest.fixture
            async def held():
                bigfoot.http.mock_response("GET", URL, body="ok")
                async with bigfoot:
                    yield
                bigfoot.http.assert_request("GET", URL)

            async def test_good():
                bigfoot.http.mock_response("GET", URL, body="ok")
                async with bigfoot, httpx.AsyncClient() as client:
                    assert (await client.get(URL)).text == "ok"
                bigfoot.http.assert_request("GET", URL)

            async def test_unused():
                bigfoot.http.mock_response("GET", URL, body="ok")

            async def test_held(held):
                async with httpx.AsyncClient() as client:
                    assert (await client.get(URL)).text == "ok"
            """,
            "-o",
            "asyncio_mode=strict",
        )
        result.assert_outcomes(passed=4, failed=2)

    def test_reruns(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            runs = []

            def test_flaky():
                runs.append(1)
                service = promised()
                if len(runs) > 1:
                    with bigfoot:
                        service.ping()
                    service.ping.assert_call()

            def test_never():
                promised()
            """,
            "--reruns=1",
        )
        outcomes = result.parseoutcomes()
        assert (outcomes["passed"], outcomes["failed"], outcomes["rerun"]) == (1, 1, 2)

    def test_xdist(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            test_it=HEAD
            + dedent("""
            @pytest.mark.parametrize("number", range(4))
            def test_it(number):
                if number % 2:
                    called()
                else:
                    called().ping.assert_call()

            def test_unmocked():
                with bigfoot:
                    httpx.get(URL)
            """)
        )
        result = pytester.runpytest_subprocess(*PLAIN, "-n2")
        result.assert_outcomes(passed=2, failed=3)
        result.stdout.fnmatch_lines(["E *UnassertedInteractionsError: 1 interaction was not asserted:"])
        result.stdout.fnmatch_lines(["E *UnmockedInteractionError: Unmocked call: GET https://api.example.com/*"])

    def test_a_run_inside_a_test(self, pytester: pytest.Pytester) -> None:
        mine = bigfoot.current_verifier()
        service = bigfoot.mock("Outer")
        service.ping.returns("outer")
        result = run(pytester, "def test_it(): called().ping.assert_call()")
        result.assert_outcomes(passed=1)
        assert bigfoot.current_verifier() is mine
        with bigfoot.sandbox():
            assert service.ping() == "outer"
        service.ping.assert_call()


class TestMarkers:
    def test_override_the_settings(self, pytester: pytest.Pytester) -> None:
        result = run(
            pytester,
            """
            def partly():
                service = called()
                bigfoot.assert_interaction(service.ping, args=())

            @pytest.mark.bigfoot(require_all_fields=False)
            def test_relaxed():
                partly()

            @pytest.mark.bigfoot(require_all_fields=False)
            class TestClass:
                def test_relaxed(self):
                    partly()

                @pytest.mark.bigfoot(require_all_fields=True)
                def test_strict(self):
                    partly()

            def test_strict():
                partly()

            def requested():
                bigfoot.http.mock_response("GET", URL)
                with bigfoot:
                    httpx.get(URL)
                bigfoot.http.assert_request("GET", URL)

            @pytest.mark.bigfoot(require_response=True)
            def test_response_owed():
                requested()

            def test_response_not_owed():
                requested()

            @pytest.mark.bigfoot(enabled_plugins=["mock"])
            def test_only_mocks():
                called().ping.assert_call()

            @pytest.mark.bigfoot(disabled_plugins=["mock"], require_all_fields=False)
            def test_merged():
                partly()
            """,
            "--strict-markers",
        )
        result.assert_outcomes(passed=5, failed=3)
        result.stdout.fnmatch_lines(["E *MissingAssertionFieldsError: *"])
        result.stdout.fnmatch_lines(["*its response is not asserted*"])

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ("require_respons=True", "*InvalidArgumentError: require_respons=True*(did you mean 'require_response'?)*"),
            ("True", "*InvalidArgumentError: bigfoot=(True,)*keyword arguments only*"),
            ("require_all_fields='no'", "*BigfootConfigError: *require_all_fields = 'no': give true or false*"),
            ("require_response='no'", "*BigfootConfigError: *http.require_response = 'no': give true or false*"),
            ("enabled_plugins=['htpp']", "*BigfootConfigError: *enabled_plugins: no plugin 'htpp'*"),
            ("enabled_plugins=[], disabled_plugins=[]", "*BigfootConfigError: *or disabled_plugins, not both*"),
        ],
    )
    def test_are_checked(self, arguments: str, text: str, pytester: pytest.Pytester) -> None:
        result = run(pytester, f"@pytest.mark.bigfoot({arguments})\ndef test_it(): pass\n")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([text])

    def test_are_listed(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, "def test_it(): pass", "--markers")
        result.stdout.fnmatch_lines(
            ["@pytest.mark.bigfoot(require_response=..., require_all_fields=..., *): override*"]
        )


class TestSettings:
    def test_come_from_the_projects_file(self, pytester: pytest.Pytester) -> None:
        pytester.makepyprojecttoml("[tool.bigfoot]\nrequire_all_fields = false\nunknown = 1\n")
        result = run(
            pytester, "def test_it():\n    service = called()\n    bigfoot.assert_interaction(service.ping, args=())\n"
        )
        result.assert_outcomes(passed=1)

    def test_of_the_wrong_type_end_the_run(self, pytester: pytest.Pytester) -> None:
        pytester.makepyprojecttoml("[tool.bigfoot]\nrequire_all_fields = 'no'\n")
        result = run(pytester, "def test_it(): pass")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["ERROR: *tool.bigfoot* require_all_fields = 'no': give true or false"])

    def test_of_the_session_around_are_back_afterwards(self, pytester: pytest.Pytester) -> None:
        before = settings.session()
        pytester.makepyprojecttoml("[tool.bigfoot]\nrequire_all_fields = false\nshow_secrets = true\n")
        run(pytester, "def test_it(): pass").assert_outcomes(passed=1)
        assert settings.session() is before
        assert "hunter2" not in masking.masked("token=hunter2")


class TestSecrets:
    TESTS = """
    def test_it():
        service = bigfoot.mock("Service")
        service.login.returns(None)
        with bigfoot:
            service.login(password="hunter2hunter2")
    """

    @pytest.mark.parametrize(
        ("options", "shown"),
        [((), False), (("--bigfoot-show-secrets",), True), (("-o", "bigfoot_show_secrets=1"), True)],
    )
    def test_are_shown_on_demand(self, options: tuple[str, ...], shown: bool, pytester: pytest.Pytester) -> None:
        result = run(pytester, self.TESTS, "--tb=line", "--show-capture=no", *options)
        result.assert_outcomes(failed=1)
        assert ("password='hunter2hunter2'" in result.stdout.str()) is shown


class TestSurface:
    def test_the_header_names_the_clients(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, "def test_it(): pass")
        result.stdout.fnmatch_lines([f"bigfoot: intercepts *httpx {_httpx.__version__}*"])
        header = result.stdout.str().partition("bigfoot: ")[2].partition("\nrootdir")[0]
        assert "uvloop" not in header
        assert "and the standard library" in " ".join(header.split())
        assert max(map(len, header.splitlines())) <= 80
        assert "bigfoot: intercepts" not in run(pytester, "def test_it(): pass", "-q").stdout.str()

    def test_the_help_has_a_group(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, "", "--help")
        result.stdout.fnmatch_lines(["bigfoot: every external call recorded*", "*--bigfoot-show-secrets*"])

    def test_the_fixture_is_listed(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, "", "--fixtures")
        result.stdout.fnmatch_lines(["bigfoot_verifier*"])

    def test_may_be_switched_off(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            HEAD
            + dedent("""
            def test_it():
                with pytest.raises(NoActiveVerifierError):
                    bigfoot.mock("Service")
                verifier = StrictVerifier()
                verifier.mock("Service").ping.returns(1)
            """)
        )
        result = pytester.runpytest_subprocess(*PLAIN, "-p", "no:bigfoot", "-p", "no:xdist")
        result.assert_outcomes(passed=1)
        assert "intercepts" not in result.stdout.str()

    def test_a_test_that_uses_nothing_has_no_verifier(self, pytester: pytest.Pytester) -> None:
        pytester.makeconftest(
            dedent("""
            import pytest
            from bigfoot import turn

            @pytest.hookimpl(trylast=True)
            def pytest_runtest_teardown(item):
                print("verifier:", turn._turns[-1].verifier is not None)
            """)
        )
        result = run(pytester, "def test_one(): pass\n\ndef test_two(): bigfoot.current_verifier()\n", "-s")
        result.stdout.fnmatch_lines(["*verifier: False", "*verifier: True"])


def test_the_names_of_the_module_need_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "_turns", [])
    uses: list[Any] = [
        lambda: bigfoot.mock("Service"),
        lambda: bigfoot.spy("Service", object()),
        lambda: bigfoot.http.mock_response("GET", "https://api.example.com/"),
        bigfoot.sandbox,
        bigfoot.verify_all,
        bigfoot.current_verifier,
        lambda: bigfoot.assert_interaction(object()),
    ]
    for use in uses:
        with pytest.raises(NoActiveVerifierError, match="No test is running"):
            use()
