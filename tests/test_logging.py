"""logging in a sandbox: what is swallowed, what must be asserted, and what is left alone."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import threading
import unittest
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

import bigfoot
from bigfoot import (
    BigfootConfigError,
    ConflictError,
    InteractionMismatchError,
    InvalidArgumentError,
    StrictVerifier,
    UnassertedInteractionsError,
    UnusedMocksError,
)
from bigfoot.config import Config
from bigfoot.matchers import IsInstance, IsStr
from bigfoot.plugins.logging_plugin import LoggingPlugin


@pytest.fixture
def logs(verifier: StrictVerifier) -> LoggingPlugin:
    return LoggingPlugin(verifier)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What a handler of the program's own writes."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def shop() -> Iterator[logging.Logger]:
    logger = logging.getLogger("shop.orders")
    yield logger
    logger.setLevel(logging.NOTSET)
    logger.disabled = False
    logger.filters.clear()


def recorded(verifier: StrictVerifier) -> list[tuple[str, bool]]:
    return [(interaction.details["message"], interaction.optional) for interaction in verifier.timeline]


def test_what_is_logged_is_swallowed_and_must_be_asserted(
    logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger, stream: io.StringIO
) -> None:
    with verifier.sandbox():
        shop.warning("order %s is late by %d days", "A1", 3)
    assert stream.getvalue() == ""
    with pytest.raises(UnassertedInteractionsError) as caught:
        verifier.verify_all()
    assert "WARNING 'order A1 is late by 3 days' of shop.orders" in str(caught.value)
    assert "bigfoot.log_mock.assert_warning('order A1 is late by 3 days', 'shop.orders')" in str(caught.value)
    assert f"called at {verifier.timeline.unasserted()[0].origin}" in str(caught.value)
    logs.assert_warning("order A1 is late by 3 days", "shop.orders")
    verifier.verify_all()


def test_what_the_level_drops_is_optional(logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger) -> None:
    with verifier.sandbox():
        shop.info("first")
        shop.debug("not even recorded")
        shop.info("second")
        shop.error("third")
    assert recorded(verifier) == [("first", True), ("second", True), ("third", False)]
    logs.assert_info("second", "shop.orders")
    with pytest.raises(InteractionMismatchError):
        logs.assert_info("first", "shop.orders")
    logs.assert_error("third", "shop.orders")
    verifier.verify_all()


def test_what_the_level_lets_through_must_be_asserted(
    logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger
) -> None:
    shop.setLevel(logging.DEBUG)
    with verifier.sandbox():
        shop.debug("here")
        shop.info("there")
        shop.log(25, "in between")
        shop.critical("down")
    assert [optional for _, optional in recorded(verifier)] == [False] * 4
    logs.assert_debug("here", "shop.orders")
    logs.assert_info("there", "shop.orders")
    logs.assert_log("LEVEL_25", "in between", "shop.orders")
    logs.assert_critical("down", None)
    verifier.verify_all()


@pytest.mark.parametrize("config", [{"logging": {"level": "DEBUG"}}, {"logging": {"level": "error"}}])
def test_the_level_of_the_configuration(config: dict[str, Any], shop: logging.Logger) -> None:
    verifier = StrictVerifier(Config(config))
    with verifier.sandbox():
        shop.debug("here")
        shop.warning("there")
    low = config["logging"]["level"] == "DEBUG"
    assert recorded(verifier) == ([("here", True)] if low else []) + [("there", False)]


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"level": "LOUD"}, "logging.level = 'LOUD'"),
        ({"level": 20}, "logging.level = 20: give a text"),
        ({"ignore": "shop"}, "logging.ignore = 'shop': give a list of texts"),
        ({"ignore": [1]}, "give a list of texts"),
    ],
)
def test_a_configuration_that_cannot_be_meant(table: dict[str, Any], text: str) -> None:
    with pytest.raises(BigfootConfigError, match=text):
        LoggingPlugin(StrictVerifier(Config({"logging": table})))


def test_disabled_and_filtered_messages_are_optional(
    logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger
) -> None:
    with verifier.sandbox():
        shop.disabled = True
        shop.error("nobody listens")
        shop.disabled = False
        shop.addFilter(lambda record: "secret" not in record.getMessage())
        shop.error("secret")
        shop.error("open")
    assert recorded(verifier) == [("nobody listens", True), ("secret", True), ("open", False)]
    logs.assert_error("open", "shop.orders")


def test_the_exception_and_the_extra_fields_are_kept(
    logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger
) -> None:
    error = ValueError("no such order")
    with verifier.sandbox():
        for _ in range(2):
            try:
                raise error
            except ValueError:
                shop.exception("failed", extra={"order": "A1"})
        shop.error("plain")
    logs.assert_error("failed", "shop.orders", exc_info=error, extra={"order": "A1"})
    with pytest.raises(InteractionMismatchError, match="order"):
        logs.assert_error("failed", "shop.orders", exc_info=IsInstance(ValueError), extra={"order": "B2"})
    verifier.assert_interaction(logs.log, level="ERROR", message="failed", logger_name="shop.orders")
    logs.assert_log("error", "plain", "shop.orders", exc_info=None, extra={})


def test_a_difference_is_shown(logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger) -> None:
    with verifier.sandbox():
        shop.error("token=abcdef0123 refused")
    with pytest.raises(InteractionMismatchError) as caught:
        logs.assert_error("refused", "shop.orders")
    assert "message:" in str(caught.value)
    assert "abcdef0123" not in str(caught.value)
    logs.assert_log(40, "token=abcdef0123 refused", "shop.orders")


def test_mock_log_guards_against_what_is_never_logged(
    logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger
) -> None:
    logs.mock_log("INFO", "started")
    logs.mock_log("DEBUG", "detail", "shop.orders")
    logs.mock_log("ERROR", "failed", "shop.orders", required=False)
    logs.mock_log("INFO", "stopped", "shop.payments")
    with verifier.sandbox():
        shop.info("started")
        shop.debug("noise")
        shop.debug("detail")
        shop.info("stopped")
    with pytest.raises(UnusedMocksError, match=r"mock_log\('INFO', 'stopped', 'shop\.payments'\)") as caught:
        verifier.verify_all()
    assert len(caught.value.mocks) == 1
    logs.assert_info("started", "shop.orders")
    logs.assert_debug("detail", "shop.orders")


@pytest.mark.parametrize("level", ["LOUD", "INOF", None, True, 1.5, []])
def test_a_level_that_does_not_exist(logs: LoggingPlugin, level: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="there is no such level"):
        logs.mock_log(level, "x")


def test_a_required_that_is_no_flag(logs: LoggingPlugin) -> None:
    with pytest.raises(InvalidArgumentError, match="True or False"):
        logs.mock_log("INFO", "x", required="no")  # type: ignore[arg-type]


def test_levels_of_the_programs_own(logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger) -> None:
    logging.addLevelName(35, "NOTICE")
    logging.addLevelName(logging.ERROR, "\033[31mERROR")
    try:
        with verifier.sandbox():
            shop.log(35, "here")
            shop.error("there")
        logs.assert_log("NOTICE", "here", "shop.orders")
        logs.assert_log("ERROR", "there", "shop.orders")
    finally:
        logging.addLevelName(logging.ERROR, "ERROR")


def test_client_libraries_are_left_alone(
    logs: LoggingPlugin, verifier: StrictVerifier, stream: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    httpx = logging.getLogger("httpx")
    with verifier.sandbox(), caplog.at_level(logging.DEBUG):
        httpx.info("HTTP Request: GET https://api.example.com/")
        logging.getLogger("urllib3.connectionpool").debug("Starting new HTTPS connection (1)")
        logging.getLogger("asyncio").error("Task was destroyed but it is pending!")
    assert stream.getvalue().count("\n") == 3
    assert recorded(verifier) == []
    verifier.verify_all()
    logs.assert_info("HTTP Request: GET https://api.example.com/", "httpx")
    with pytest.raises(InteractionMismatchError):
        logs.assert_info("HTTP Request: GET https://api.example.com/", "httpx")
    verifier.verify_all()


def test_what_is_promised_of_a_client_library_is_recorded(
    logs: LoggingPlugin, verifier: StrictVerifier, stream: io.StringIO
) -> None:
    logs.mock_log("INFO", "Found credentials", "botocore.credentials")
    with verifier.sandbox():
        logging.getLogger("botocore.credentials").info("Looking")
        logging.getLogger("botocore.credentials").info("Found credentials")
        logging.getLogger("botocore.hooks").warning("Changed")
    assert recorded(verifier) == [("Found credentials", True)]
    assert stream.getvalue() == "Changed\n"
    verifier.verify_all()


def test_loggers_may_be_ignored_by_configuration(shop: logging.Logger, stream: io.StringIO) -> None:
    verifier = StrictVerifier(Config({"logging": {"ignore": ["shop"]}}))
    with verifier.sandbox():
        shop.error("left alone")
        logging.getLogger("shopping").error("not this one")
    assert recorded(verifier) == [("not this one", False)]
    assert stream.getvalue() == "left alone\n"


def test_what_the_program_asks_is_answered_as_always(verifier: StrictVerifier, shop: logging.Logger) -> None:
    with verifier.sandbox():
        assert not shop.isEnabledFor(logging.INFO)
        assert not logging.LoggerAdapter(shop, {}).isEnabledFor(logging.INFO)
        assert shop.isEnabledFor(logging.ERROR)
        if shop.isEnabledFor(logging.INFO):
            shop.info("too expensive")
    assert recorded(verifier) == []


def test_adapters_and_the_root_logger(logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger) -> None:
    with verifier.sandbox():
        logging.LoggerAdapter(shop, {"request": 7}).info("adapted")
        logging.error("by the module")
    logs.assert_info("adapted", "shop.orders", extra={"request": 7})
    logs.assert_error("by the module", "root")


def test_caplog_and_assert_logs_go_on(
    verifier: StrictVerifier, shop: logging.Logger, caplog: pytest.LogCaptureFixture, stream: io.StringIO
) -> None:
    case = unittest.TestCase()
    with verifier.sandbox():
        shop.error("one")
        with case.assertLogs("shop", "INFO") as kept:
            shop.info("two")
        shop.info("dropped")
    assert [record.getMessage() for record in caplog.records] == ["one"]
    assert kept.output == ["INFO:shop.orders:two"]
    assert stream.getvalue() == ""
    assert recorded(verifier) == [("one", False), ("two", False), ("dropped", True)]
    assert caplog.records[0].funcName == "test_caplog_and_assert_logs_go_on"


def test_outside_of_a_sandbox_all_is_as_always(
    verifier: StrictVerifier, shop: logging.Logger, caplog: pytest.LogCaptureFixture, stream: io.StringIO
) -> None:
    with verifier.sandbox():
        pass
    shop.error("here")
    shop.info("dropped")
    assert (stream.getvalue(), [record.message for record in caplog.records]) == ("here\n", ["here"])
    assert caplog.records[0].filename == "test_logging.py"
    assert recorded(verifier) == []


def test_a_thread_that_outlives_the_sandbox_logs_as_always(
    verifier: StrictVerifier, shop: logging.Logger, stream: io.StringIO
) -> None:
    ended = threading.Event()

    def work() -> None:
        shop.error("inside")
        ended.wait(10)
        shop.error("after")
        shop.info("dropped")

    with verifier.sandbox():
        thread = threading.Thread(target=work)
        thread.start()
        while not len(verifier.timeline):
            pass
    ended.set()
    thread.join()
    assert (recorded(verifier), stream.getvalue()) == ([("inside", False)], "after\n")


def test_what_a_thread_from_before_drops_is_left_alone(verifier: StrictVerifier, shop: logging.Logger) -> None:
    begun, done = threading.Event(), threading.Event()

    def work() -> None:
        begun.wait(10)
        shop.info("dropped")
        shop.error("emitted")
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    with verifier.sandbox():
        begun.set()
        assert done.wait(10)
    thread.join()
    assert recorded(verifier) == [("emitted", False)]


def test_in_tasks_and_threads(logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger) -> None:
    async def main() -> None:
        await asyncio.gather(*(asyncio.to_thread(shop.warning, "number %d", number) for number in range(50)))

    with verifier.sandbox():
        asyncio.run(main())
    assert sorted(message for message, _ in recorded(verifier)) == sorted(f"number {number}" for number in range(50))
    with verifier.in_any_order():
        for number in range(50):
            logs.assert_warning(f"number {number}", "shop.orders")
    verifier.verify_all()


def test_a_finalizer_that_logs_while_the_timeline_is_held(
    logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger
) -> None:
    with verifier.sandbox():
        with verifier.timeline.lock:
            shop.error("from a finalizer")
        assert recorded(verifier) == []
        shop.error("next")
    assert [message for message, _ in recorded(verifier)] == ["from a finalizer", "next"]


def test_a_message_that_cannot_be_formatted_raises_where_it_is_logged(
    verifier: StrictVerifier, shop: logging.Logger
) -> None:
    with verifier.sandbox(), pytest.raises(TypeError, match="not all arguments"):
        shop.error("order", "A1")


@pytest.mark.parametrize("name", ["_log", "handle"])
def test_a_mock_of_logging_is_a_conflict(verifier: StrictVerifier, name: str) -> None:
    with verifier.sandbox():
        pass
    target = f"logging.Logger.{name}"
    with mock.patch(target), pytest.raises(ConflictError, match=re.escape(target)), verifier.sandbox():
        pass


def test_names_of_loggers_may_be_matched(logs: LoggingPlugin, verifier: StrictVerifier, shop: logging.Logger) -> None:
    logs.mock_log("ERROR", IsStr(regex="order .*"), IsStr(regex=r"shop\..*"))
    with verifier.sandbox():
        shop.error("order A1")
        logging.getLogger("httpx").info("chatter")
    logs.assert_log(IsStr(), IsStr(), IsStr(regex=r"shop\..*"))
    verifier.verify_all()


def test_structlog(logs: LoggingPlugin, verifier: StrictVerifier) -> None:
    structlog = pytest.importorskip("structlog", reason="structlog is not installed")
    logger = structlog.wrap_logger(
        logging.getLogger("shop.structured"),
        processors=[structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    with verifier.sandbox():
        logger.warning("late", order="A1")
        logger.info("ordered", order="A2")
    logs.assert_warning("late", "shop.structured", extra={"order": "A1"})
    logs.assert_info("ordered", "shop.structured", extra={"order": "A2"})


def test_loguru(logs: LoggingPlugin, verifier: StrictVerifier) -> None:
    logger = pytest.importorskip("loguru", reason="loguru is not installed").logger

    class Propagate(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logging.getLogger(record.name).handle(record)

    sink = logger.add(Propagate(), format="{message}")
    try:
        with verifier.sandbox():
            logger.info("ordered {}", "A1")
    finally:
        logger.remove(sink)
    assert recorded(verifier) == [("ordered A1", False)]
    logs.assert_info("ordered A1", __name__)


def test_on_the_timeline_with_the_rest() -> None:
    orders = bigfoot.mock("Orders")
    orders.save.returns(None)
    with bigfoot.sandbox():
        logging.getLogger("shop").warning("before")
        orders.save()
        logging.getLogger("shop").warning("after")
    bigfoot.log_mock.assert_warning("before", "shop")
    orders.save.assert_call()
    bigfoot.log_mock.assert_warning("after", "shop")
