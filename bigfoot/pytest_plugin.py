"""pytest: one verifier per test, without a fixture to ask for, and its verdict as part of the test.

The verdict falls in the call phase, so that a test that breaks its promises has FAILED (for xfail, reruns and
junit alike) instead of a PASSED test with an ERROR at teardown. Where the body itself fails, the findings are added
to its report and do not hide it. A sandbox that a fixture holds open is judged when the fixture is done.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from textwrap import wrap
from types import CodeType, TracebackType
from typing import Any, NamedTuple

import pytest

from bigfoot import config as settings
from bigfoot import report
from bigfoot.discovery import fakes
from bigfoot.errors import BigfootConfigError, BigfootError, InvalidArgumentError
from bigfoot.masking import show_secrets
from bigfoot.origin import written_by_user
from bigfoot.seam import uninstall
from bigfoot.turn import Turn, begin, current_verifier, end
from bigfoot.verifier import StrictVerifier

_TURN = pytest.StashKey[Turn]()
_FINDINGS = pytest.StashKey[BigfootError]()
_sessions: list[_Session] = []


class _Session(NamedTuple):
    """A session of pytest's; one may run inside another one's test (pytester)."""

    config: pytest.Config
    settings: settings.Config
    show_secrets: bool

    def start(self) -> None:
        """Put its settings in force."""
        settings.start_session(self.settings)
        show_secrets(self.show_secrets)


# The options of @pytest.mark.bigfoot, and the keys of [tool.bigfoot] that they override for the test.
_MARKER_OPTIONS = {
    "require_response": "http.require_response",
    "require_all_fields": "require_all_fields",
    "enabled_plugins": "enabled_plugins",
    "disabled_plugins": "disabled_plugins",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("bigfoot", "bigfoot: every external call recorded, every record asserted")
    group.addoption(
        "--bigfoot-show-secrets",
        action="store_true",
        default=None,
        help="write passwords, tokens and cookies as they are, instead of masking them",
    )
    parser.addini("bigfoot_show_secrets", "write secrets as they are", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    options = ", ".join(f"{name}=..." for name in _MARKER_OPTIONS)
    config.addinivalue_line("markers", f"bigfoot({options}): override settings of [tool.bigfoot] for one test")
    try:
        table = settings.read(config.rootpath)
    except BigfootConfigError as error:
        raise pytest.UsageError(str(error)) from None
    show = config.getoption("bigfoot_show_secrets") or config.getini("bigfoot_show_secrets") or table.show_secrets
    _sessions.append(_Session(config, table, bool(show)))
    _sessions[-1].start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if config not in [session.config for session in _sessions]:
        return
    _sessions[:] = [session for session in _sessions if session.config is not config]
    if _sessions:
        _sessions[-1].start()
    else:
        settings.start_session(None)
        show_secrets(False)
        uninstall()


def pytest_report_header(config: pytest.Config) -> list[str]:
    from bigfoot import doctor

    met = ", ".join([*doctor.intercepted(), "and the standard library"])
    return wrap(f"bigfoot: intercepts {met}", 80, subsequent_indent="  ", break_on_hyphens=False)


@pytest.fixture
def bigfoot_verifier() -> StrictVerifier:
    """The verifier of this test, the same that `bigfoot.current_verifier()` returns."""
    return current_verifier()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    turn = item.stash[_TURN] = Turn(_marked(item))
    begin(turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    turn = item.stash[_TURN]
    try:
        result = yield
    except (pytest.skip.Exception, pytest.xfail.Exception):
        raise  # the test took itself out: nothing is judged
    except BaseException as error:
        _add_findings(item, turn, error)
        raise
    # unittest's cases report their outcome here instead of raising it; pytest's own makereport reads it likewise.
    reported = getattr(item, "_excinfo", None)
    if reported:
        expected = getattr(getattr(item, "obj", None), "__unittest_expecting_failure__", False)
        found = _add_findings(item, turn, *(info.value for info in reported))
        if found and expected and type(reported[0].value) is pytest.fail.Exception:
            reported.clear()  # "Unexpected success": the verdict is the failure that was expected
            pytest.xfail("the verdict of bigfoot")
        return result
    turn.completed = True
    if turn.verifier is not None and not turn.verifier.open:
        _judge(item, turn.verifier)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    turn = item.stash.get(_TURN, None)
    try:
        result = yield
    finally:
        if turn is not None:
            end(turn)
            del item.stash[_TURN]
        left = turn.verifier.abandon() if turn is not None and turn.verifier is not None else []
    if turn is not None and turn.verifier is not None:
        if left and turn.completed:  # a body that failed half way has said so
            error = item.stash[_FINDINGS] = BigfootError(report.left_open(left))
            raise error
        if turn.completed:  # a sandbox that a fixture held open was not judged yet, nor was what came since
            _judge(item, turn.verifier)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    if not item.config.getoption("fulltrace", False):
        for info in (call.excinfo, *(getattr(item, "_excinfo", None) or ())):  # the latter is unittest's
            for error in _ours(info.value if info is not None else None, set()):
                _end_at_the_users_line(error)
    found = yield
    if call.excinfo is not None and call.excinfo.value is item.stash.get(_FINDINGS, None):
        # The verdict was raised by pytest's own machinery: only its text says anything to the reader.
        shown = call.excinfo.getrepr(chain=False, tbfilter=lambda info: info.traceback.filter(lambda entry: False))
        shown.reprtraceback.extraline = None  # not documented; it would say that the traceback is hidden
        found.longrepr = shown
    return found


def _end_at_the_users_line(error: BaseException) -> None:
    """Cut what came after the last line of the user's off a traceback: the text of our errors says all the rest."""
    last: TracebackType | None = None
    trace = error.__traceback__
    while trace is not None:
        if written_by_user(trace.tb_frame):
            last = trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None


def _ours(error: BaseException | None, seen: set[int]) -> Iterator[BigfootError]:
    """Yield the errors of bigfoot's own that a report will show: this one, what led to it, the members of groups."""
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, BigfootError):  # a fault that we did not mean is shown as it is
            yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _ours(member, seen)
        error = error.__cause__ or error.__context__


def _judge(item: pytest.Item, found: StrictVerifier) -> None:
    if found.verdict.breaches:
        found.verdict.own.update(_own_code(item))
    try:
        found.verify_rest()
    except BigfootError as findings:
        item.stash[_FINDINGS] = findings
        raise


def _add_findings(item: pytest.Item, turn: Turn, *errors: BaseException) -> bool:
    """Add to the report of a test whose body failed what the verdict would have said, and these errors do not.

    Returns:
        bool: whether that is anything.
    """
    if turn.verifier is None:
        return False
    for error in errors:
        turn.verifier.verdict.shown(_ours(error, set()))
    try:
        _judge(item, turn.verifier)
    except BigfootError as findings:
        item.add_report_section("call", "bigfoot", f"{type(findings).__name__}: {findings}")
        return True
    return False


# What a function of the test uses to catch an error on purpose.
_CATCHERS = frozenset({"raises", "assertRaises", "assertRaisesRegex", "RaisesGroup"})


def _own_code(item: pytest.Item) -> Iterator[CodeType]:
    """Yield the code of the test function, and of the functions inside it that expect errors (`pytest.raises`)."""
    function: Any = getattr(item, "obj", None)
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        return
    yield code
    pending = list(code.co_consts)
    while pending:
        inner = pending.pop()
        if isinstance(inner, CodeType):
            pending += inner.co_consts
            if _CATCHERS.intersection(inner.co_names):
                yield inner


def _marked(item: pytest.Item) -> settings.Config | None:
    """Return the settings with the test's markers applied, the closest one last; None where there are none."""
    options: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("bigfoot"))):
        if marker.args:
            raise InvalidArgumentError("bigfoot", marker.args, "the marker takes keyword arguments only")
        for name, value in marker.kwargs.items():
            if name not in _MARKER_OPTIONS:
                known = ", ".join(_MARKER_OPTIONS)
                raise InvalidArgumentError(name, value, f"no such option{report.meant(name, _MARKER_OPTIONS)}; {known}")
            options[_MARKER_OPTIONS[name]] = value
    if not options:
        return None
    config = settings.session().override(options)
    config.check_names(fakes())
    config.flag("http.require_response", False)
    return config
