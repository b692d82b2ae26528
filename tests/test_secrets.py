"""Secrets stay in memory, to be asserted, and are masked in every text that bigfoot writes."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import bigfoot
from bigfoot import (
    BigfootError,
    Body,
    InteractionMismatchError,
    InvalidArgumentError,
    MissingAssertionFieldsError,
    SandboxNotActiveError,
    Secret,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
    masking,
    rendering,
)
from bigfoot.plugins.http import HttpPlugin

URL = "https://api.example.com/"
SECRET = "hunter2-hunter2"


def text_of(work: Callable[[], object], kind: type[BigfootError]) -> str:
    """Everything that can be read of the error that the work ends in."""
    with pytest.raises(kind) as caught:
        work()
    error = caught.value
    context = "".join(f"{type(each)}{each}" for each in (error.__cause__, error.__context__) if each is not None)
    return f"{error}\n{error!r}\n{context}"


class TestText:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("https://me:hunter2@api.example.com/", "https://me:***f52fbd32@api.example.com/"),
            ("redis://:hunter2@localhost:6379/0", "redis://:***f52fbd32@localhost:6379/0"),
            ("https://api.example.com/?token=hunter2&page=2", "https://api.example.com/?token=***f52fbd32&page=2"),
            ("https://api.example.com/?page=2&api_key=hunter2", "https://api.example.com/?page=2&api_key=***f52fbd32"),
            ("access_token=hunter2&x=1", "access_token=***f52fbd32&x=1"),
            ("X-Api-Key=hunter2", "X-Api-Key=***f52fbd32"),
            ("host=db user=me password=hunter2 dbname=x", "host=db user=me password=***f52fbd32 dbname=x"),
            ('{"password": "hunter2", "name": "me"}', '{"password": "***f52fbd32", "name": "me"}'),
            ('{"clientSecret":"hunter2"}', '{"clientSecret":"***f52fbd32"}'),
            ("{'refresh_token': 'hunter2'}", "{'refresh_token': '***f52fbd32'}"),
            ('{"password": "a\\"b"}', '{"password": "***e87f8dfc"}'),
            ("Authorization: Bearer hunter2", "Authorization: Bearer ***f52fbd32"),
            ("Basic aHVudGVyMg==", "Basic ***b073aefd"),
            ("nothing to hide here", "nothing to hide here"),
            ("https://api.example.com/?q=x", "https://api.example.com/?q=x"),
        ],
    )
    def test_is_masked_with_a_digest_that_tells_two_apart(self, text: str, shown: str) -> None:
        assert masking.masked(text) == shown
        assert masking.masked(shown) == shown

    @pytest.mark.parametrize(
        ("value", "name"),
        [
            (SECRET, "password"),
            (SECRET.encode(), "api_key"),
            (f"Bearer {SECRET}", "authorization"),
            ({"Authorization": SECRET}, "headers"),
            ({"Cookie": SECRET, "Set-Cookie": SECRET, "X-API-Key": SECRET, "Proxy-Authorization": SECRET}, ""),
            ({"deep": [{"er": ({"password": SECRET},)}]}, ""),
            ([f"https://me:{SECRET}@db/"], "urls"),
            (Body(f'{{"password": "{SECRET}"}}'.encode()), "request_body"),
            (Body(b"password=" + SECRET.encode() + b"&x=\xff"), "request_body"),
            ({"params": {"token": [SECRET, SECRET]}}, ""),
            ({7: f"token={SECRET}"}, ""),
            ([("Cookie", SECRET), ["X-Api-Key", SECRET]], "headers"),
        ],
    )
    def test_no_rendered_value_has_one(self, value: Any, name: str) -> None:
        assert SECRET not in rendering.value(value, name)

    def test_what_is_empty_or_harmless_is_written_as_it_is(self) -> None:
        assert rendering.value("", "password") == "''"
        assert rendering.value({"a": [1, "x", b"y"]}) == "{'a': [1, 'x', b'y']}"

    def test_can_be_pasted_and_still_equals(self) -> None:
        body = Body(f'{{"password": "{SECRET}"}}'.encode())
        pasted = eval(rendering.value(body), {"bigfoot": bigfoot})
        assert isinstance(pasted, Secret)
        assert pasted == body
        assert pasted != Body(b'{"password": "another"}')


class TestErrors:
    """Each request below has a secret in its URL, its headers and its body."""

    @pytest.fixture(autouse=True)
    def _scripted(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        self.verifier, self.http = verifier, http
        self.service = verifier.mock("Service")

    def call(self) -> httpx.Response:
        return httpx.post(
            f"https://me:{SECRET}@api.example.com/login?token={SECRET}",
            json={"password": SECRET},
            headers={"X-Api-Key": SECRET, "Cookie": f"session={SECRET}"},
        )

    def answered(self) -> None:
        self.http.mock_response(
            "POST",
            f"{URL}login",
            json={"access_token": SECRET},
            headers={"Set-Cookie": f"session={SECRET}"},
        )
        self.service.login.returns(SECRET)
        with self.verifier.sandbox():
            self.call()
            self.service.login("me", password=SECRET)

    def check(self, text: str, *shown: str) -> None:
        assert SECRET not in text
        for part in shown:
            assert part in text

    def test_unmocked(self) -> None:
        with self.verifier.sandbox():
            text = text_of(self.call, UnmockedInteractionError)
        self.check(text, "POST https://api.example.com/login?token=***")

    def test_unmocked_can_be_pasted(self) -> None:
        with self.verifier.sandbox(), pytest.raises(UnmockedInteractionError) as caught:
            self.call()
        _, _, hint = str(caught.value).partition("add before the sandbox:\n")
        exec("if True:\n" + hint, {"bigfoot": type("bigfoot", (), {"http": self.http})})
        with self.verifier.sandbox():
            assert self.call().json() == {}

    def test_unmocked_beside_a_near_miss(self) -> None:
        self.http.mock_response("GET", f"{URL}login?token={SECRET}", required=False)
        self.http.mock_response("POST", f"{URL}login", params={"token": SECRET, "more": 1}, required=False)
        with self.verifier.sandbox():
            text = text_of(self.call, UnmockedInteractionError)
        self.check(text, "NOT MATCHED")

    def test_unmocked_method(self) -> None:
        with self.verifier.sandbox():
            text = text_of(lambda: self.service.login(password=SECRET), UnmockedInteractionError)
        self.check(text, "Service.login(password=bigfoot.Secret(")

    def test_unasserted(self) -> None:
        self.answered()
        text = text_of(self.verifier.verify_all, UnassertedInteractionsError)
        self.check(text, "'x-api-key': bigfoot.Secret(", "'set-cookie': bigfoot.Secret(", "password=bigfoot.Secret(")

    def test_unused(self) -> None:
        self.http.mock_response("GET", f"{URL}?api_key={SECRET}", params={"token": SECRET})
        self.service.login.returns({"access_token": SECRET})
        text = text_of(self.verifier.verify_all, UnusedMocksError)
        self.check(text, "api_key=***")

    def test_mismatch_of_every_field(self) -> None:
        self.answered()
        expected = dict(
            method="GET",
            url=f"{URL}?token=other",
            request_headers={"cookie": f"other={SECRET}", "x-api-key": f"{SECRET}!"},
            request_body={"password": f"{SECRET}!"},
            status=500,
            response_headers={"set-cookie": f"other={SECRET}"},
            response_body={"access_token": f"{SECRET}!"},
        )
        text = text_of(
            lambda: self.verifier.assert_interaction(self.http.request, **expected), InteractionMismatchError
        )
        self.check(text, "request_headers", "response_body")

    def test_mismatch_of_the_wrong_source(self) -> None:
        self.answered()
        text = text_of(lambda: self.service.login.assert_call(password=SECRET), InteractionMismatchError)
        self.check(text, "http:request")

    def test_nothing_left(self) -> None:
        text = text_of(lambda: self.service.login.assert_call(password=SECRET), InteractionMismatchError)
        self.check(text, "kwargs={")

    def test_missing_fields(self) -> None:
        self.answered()
        text = text_of(
            lambda: self.verifier.assert_interaction(self.http.request, method="POST"), MissingAssertionFieldsError
        )
        self.check(text, "request_body")

    def test_unknown_field(self) -> None:
        self.answered()
        text = text_of(
            lambda: self.verifier.assert_interaction(self.http.request, the_password=SECRET), InvalidArgumentError
        )
        self.check(text, "the_password=bigfoot.Secret(")

    @pytest.mark.parametrize(
        "arguments",
        [
            {"url": f"https://me:{SECRET}@api.example.com/"},
            {"url": f"api.example.com/?token={SECRET}"},
            {"headers": {"Authorization": f"{SECRET}\r\n"}},
            {"headers": [("Set-Cookie", f"{SECRET}\x00")]},
            {"headers": [("X-Api-Key", SECRET, "more")]},
            {"json": {"password": SECRET, "x": float("nan")}},
        ],
    )
    def test_bad_arguments(self, arguments: dict[str, Any]) -> None:
        everything: dict[str, Any] = {"method": "GET", "url": URL, **arguments}
        text = text_of(lambda: self.http.mock_response(**everything), InvalidArgumentError)
        self.check(text, next(iter(arguments)))

    def test_after_the_sandbox(self) -> None:
        with self.verifier.sandbox():
            copied = contextvars.copy_context()
        self.check(text_of(lambda: copied.run(self.call), SandboxNotActiveError), "was called after")

    def test_of_a_task_that_nobody_awaited(self) -> None:
        reports: list[dict[str, Any]] = []

        async def main() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append(context))
            task = asyncio.create_task(asyncio.to_thread(self.call))
            await asyncio.wait([task])
            del task

        with self.verifier.sandbox():
            asyncio.run(main())
        assert "exception=UnmockedInteractionError" in repr(reports)
        self.check(repr(reports))


class TestShown:
    @pytest.fixture(autouse=True)
    def _switch(self) -> Iterator[None]:
        masking.show_secrets(True)
        yield
        masking.show_secrets(False)

    def test_on_demand(self, verifier: StrictVerifier) -> None:
        service = verifier.mock("Service")
        service.login.returns(None)
        with verifier.sandbox():
            service.login(password=SECRET)
        text = text_of(verifier.verify_all, UnassertedInteractionsError)
        assert f"password='{SECRET}'" in text
        assert masking.masked(f"token={SECRET}") == f"token={SECRET}"

    def test_in_headers(self, verifier: StrictVerifier, http: HttpPlugin) -> None:
        http.mock_response("GET", URL)
        with verifier.sandbox():
            httpx.get(URL, headers={"X-Api-Key": SECRET})
        text = text_of(verifier.verify_all, UnassertedInteractionsError)
        assert f"headers={{'x-api-key': '{SECRET}'}}" in text
        text = text_of(lambda: http.assert_request("GET", URL), InteractionMismatchError)
        assert f"actual:   {{'x-api-key': '{SECRET}'}}" in text


def test_masked_hints_assert_what_happened(verifier: StrictVerifier, http: HttpPlugin) -> None:
    http.mock_response("POST", f"{URL}login", json={"access_token": SECRET}, headers={"Set-Cookie": SECRET})
    with verifier.sandbox():
        httpx.post(f"{URL}login?token={SECRET}", json={"password": SECRET}, headers={"X-Api-Key": SECRET})
    with pytest.raises(UnassertedInteractionsError) as caught:
        verifier.verify_all()
    _, _, hint = str(caught.value).partition("add after the sandbox:\n")
    names = type("bigfoot", (), {"http": http, "Secret": bigfoot.Secret})
    exec("if True:\n" + hint, {"bigfoot": names})
    verifier.verify_all()
