"""A user's tests, strictly typed. Both checkers must accept every line and infer these types.

They know modules by `types.ModuleType` alone and refuse `with bigfoot:`; typed tests use `bigfoot.sandbox()`.
"""

from __future__ import annotations

from typing import assert_type

import bigfoot
from bigfoot import InAnyOrderContext, SandboxContext, StrictVerifier, UnmockedInteractionError
from bigfoot.matchers import IsInstance, IsMapping
from bigfoot.plugins.http import HttpPlugin
from bigfoot.plugins.subprocess import SubprocessPlugin


class Payments:
    def charge(self, amount: int) -> str:
        return f"charged {amount}"


def test_http() -> None:
    assert_type(bigfoot.http, HttpPlugin)
    bigfoot.http.mock_response("POST", "https://api.example.com/orders", json={"id": 1}, status=201)
    bigfoot.http.mock_response("GET", "https://api.example.com/", body=b"ok", headers=[("a", "1"), ("a", "2")])
    bigfoot.http.mock_response("GET", "https://api.example.com/", params={"page": 2}, times=None, required=False)
    bigfoot.http.pass_through("GET", "http://127.0.0.1:8080/live")
    with bigfoot.sandbox() as verifier:
        assert_type(verifier, StrictVerifier)
    bigfoot.http.assert_request(
        "POST", "https://api.example.com/orders", headers={}, body={"amount": 5000}
    ).assert_response(201, IsMapping(), IsInstance(str))
    bigfoot.assert_interaction(bigfoot.http.request, method="GET", url="https://api.example.com/")


def test_processes() -> None:
    assert_type(bigfoot.subprocess_mock, SubprocessPlugin)
    bigfoot.subprocess_mock.mock_run(["git", "tag"], stdout="v1\n", required=False)
    bigfoot.subprocess_mock.mock_which("git", "/usr/bin/git")
    session = bigfoot.popen_mock.new_session(["make"]).expect("spawn", returns=None)
    session.expect("communicate", returns=(b"", b"", 0))
    bigfoot.async_subprocess_mock.assert_communicate(input=None)


async def test_async() -> None:
    async with bigfoot.sandbox() as verifier:
        assert_type(verifier, StrictVerifier)
    async with bigfoot.in_any_order():
        pass


def test_inside_the_machine() -> None:
    assert_type(bigfoot.db_mock, bigfoot.DatabasePlugin)
    session = bigfoot.db_mock.new_session("users.db").expect("connect", returns=None)
    session.expect("execute", returns=[(1, "alice")], columns=["id", "name"]).expect("close", returns=None)
    bigfoot.db_mock.assert_execute(sql="SELECT id, name FROM users", parameters=())
    assert_type(bigfoot.log_mock, bigfoot.LoggingPlugin)
    bigfoot.log_mock.mock_log("INFO", "started")
    bigfoot.log_mock.assert_info("started", "shop", exc_info=None)


def test_mock_and_spy() -> None:
    payments = bigfoot.mock("Payments")
    payments.charge.returns({"status": "ok"}).raises(OSError("down")).calls(str.upper)
    payments.refund.required(False).returns(None)
    payments.charge.assert_call(order_id=42)
    real = bigfoot.spy("Payments", Payments())
    bigfoot.assert_interaction(real.charge, args=(1,), kwargs={})


def test_by_hand(bigfoot_verifier: StrictVerifier) -> None:
    assert_type(bigfoot.current_verifier(), StrictVerifier)
    assert_type(bigfoot_verifier.sandbox(), SandboxContext)
    assert_type(bigfoot_verifier.in_any_order(), InAnyOrderContext)
    plugin = HttpPlugin(StrictVerifier())
    plugin.mock_response("GET", "https://api.example.com/")
    try:
        bigfoot.verify_all()
    except UnmockedInteractionError as error:
        assert_type(error.source_id, str)
