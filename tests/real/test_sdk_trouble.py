"""What the SDKs make of faults, delays, streams that break and calls that nobody promised."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

import bigfoot
from bigfoot import StrictVerifier, UnmockedInteractionError, VerificationError
from bigfoot.plugins.http import HttpPlugin

from ..script import run
from .corpus import raised

BASE = "http://service.example.com:9200"
HELLO = [{"role": "user", "content": "hello"}]
NEEDED = "the SDKs are not installed: pip install -e '.[sdks]'"


def _openai(base: str) -> Callable[[], object]:
    openai = pytest.importorskip("openai", reason=NEEDED)
    client = openai.OpenAI(api_key="sk-tests", base_url=base, max_retries=0, timeout=2)
    return lambda: client.chat.completions.create(model="small", messages=HELLO)


def _anthropic(base: str) -> Callable[[], object]:
    anthropic = pytest.importorskip("anthropic", reason=NEEDED)
    client = anthropic.Anthropic(api_key="sk-tests", base_url=base, max_retries=0, timeout=2)
    return lambda: client.messages.create(model="small", max_tokens=9, messages=HELLO)


def _boto3(base: str) -> Callable[[], object]:
    boto3 = pytest.importorskip("boto3", reason=NEEDED)
    config = pytest.importorskip("botocore.config", reason=NEEDED)
    settings = config.Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=2)
    keys = {"region_name": "us-east-1", "aws_access_key_id": "AKIDTESTS", "aws_secret_access_key": "secret"}
    return boto3.client("sts", endpoint_url=base, config=settings, **keys).get_caller_identity  # type: ignore[no-any-return]


def _elasticsearch(base: str) -> Callable[[], object]:
    elasticsearch = pytest.importorskip("elasticsearch", reason=NEEDED)
    client = elasticsearch.Elasticsearch(base, max_retries=0, request_timeout=2)
    return client.info  # type: ignore[no-any-return]


def _kubernetes(base: str) -> Callable[[], object]:
    kubernetes = pytest.importorskip("kubernetes", reason=NEEDED)
    configuration = kubernetes.client.Configuration(host=base)
    configuration.retries = False
    core = kubernetes.client.CoreV1Api(kubernetes.client.ApiClient(configuration))
    return lambda: core.list_namespaced_pod("shop", _request_timeout=2)


CALLS = {
    "openai": _openai,
    "anthropic": _anthropic,
    "boto3": _boto3,
    "elasticsearch": _elasticsearch,
    "kubernetes": _kubernetes,
}


@pytest.mark.parametrize("sdk", CALLS)
def test_nobody_listens(sdk: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{unused.getsockname()[1]}"
        expected = raised(CALLS[sdk](base))
    bigfoot.http.mock_error("*", f"{base}/*", fault="refused")
    call = CALLS[sdk](base)

    with bigfoot.sandbox():
        found = raised(call)

    assert found[0] == expected[0]
    _assert_error("refused")


SILENCE = {
    "openai": "APITimeoutError",
    "anthropic": "APITimeoutError",
    "boto3": "ReadTimeoutError",
    "elasticsearch": "ConnectionTimeout",
    "kubernetes": "ReadTimeoutError",
}


@pytest.mark.parametrize("sdk", CALLS)
def test_nobody_answers(sdk: str) -> None:
    bigfoot.http.mock_error("*", f"{BASE}/*", fault="stall")
    call = CALLS[sdk](BASE)

    with bigfoot.sandbox():
        found = raised(call)

    assert found[0] == SILENCE[sdk]
    # The SDK's own timeout, which nobody waited for; urllib3 takes off what connecting took.
    assert bigfoot.http.calls[0].facts["virtual"] == pytest.approx(2, abs=0.5)
    _assert_error("stall")


@pytest.mark.parametrize("sdk", CALLS)
def test_an_unmocked_call_fails_the_test_also_where_the_sdk_wraps_its_error(sdk: str) -> None:
    verifier = StrictVerifier()
    HttpPlugin(verifier)
    call = CALLS[sdk](BASE)

    with verifier.sandbox():
        found = raised(call)

    assert "UnmockedInteractionError" in found
    with pytest.raises((UnmockedInteractionError, VerificationError)):
        verifier.verify_all()


def _assert_error(fault: str) -> None:
    call = bigfoot.http.calls[0]
    bigfoot.http.assert_request(call.method, call.url, headers=None, body=None).assert_error(fault)


def _chunk(word: str) -> dict[str, Any]:
    delta = [{"index": 0, "delta": {"content": word}, "finish_reason": None}]
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "small", "choices": delta}


def test_events_come_one_by_one_and_the_stream_breaks() -> None:
    openai = pytest.importorskip("openai", reason=NEEDED)
    cut = bigfoot.http.fault("reset")
    bigfoot.http.mock_response("POST", f"{BASE}/*", sse=[{"data": _chunk("one")}, {"data": _chunk("two")}, cut])
    words: list[str] = []

    with bigfoot.sandbox(), openai.OpenAI(api_key="sk-tests", base_url=BASE, max_retries=0) as client:
        stream = client.chat.completions.create(model="small", messages=HELLO, stream=True)
        error = raised(lambda: words.extend(chunk.choices[0].delta.content for chunk in stream))

    assert words == ["one", "two"]
    assert "ReadError" in error
    call = bigfoot.http.calls[0]
    assert call.facts["chunks"] == 2
    bigfoot.http.assert_request("POST", call.url, headers=None, body=None).assert_response(200, None, None)


def test_sentry_sends_from_its_own_thread() -> None:
    sentry = pytest.importorskip("sentry_sdk", reason=NEEDED)
    bigfoot.http.mock_response("POST", "https://errors.example.com/api/1/envelope/", json={"id": "0" * 32}, times=2)
    client = sentry.Client(
        "https://key@errors.example.com/1",
        default_integrations=False,
        auto_enabling_integrations=False,
        _experiments={"transport_compression_level": 0},
    )

    with bigfoot.sandbox():
        for message in ("first", "second"):
            client.capture_event({"message": message})
        client.flush()
    client.close()

    sent = [json.loads(call.request_body.bytes.splitlines()[-1])["message"] for call in bigfoot.http.calls]
    assert sent == ["first", "second"]
    for _ in sent:
        bigfoot.http.assert_request("POST", "https://errors.example.com/api/1/envelope/", headers=None, body=None)


def test_sentry_traces_the_calls_that_are_answered(tmp_path: Any) -> None:
    pytest.importorskip("sentry_sdk", reason=NEEDED)
    script = """
        import requests, sentry_sdk
        from bigfoot import StrictVerifier
        from bigfoot.plugins.http import HttpPlugin

        verifier = StrictVerifier()
        http = HttpPlugin(verifier)
        http.mock_response("GET", "https://api.example.com/user", json={"name": "Ada"})
        http.mock_response("POST", "https://errors.example.com/api/1/envelope/", json={}, times=None)
        dsn = "https://key@errors.example.com/1"
        sentry_sdk.init(dsn, traces_sample_rate=1.0, auto_enabling_integrations=False)
        with verifier.sandbox():
            with sentry_sdk.start_transaction(name="visit"):
                print(requests.get("https://api.example.com/user").json())
            sentry_sdk.get_client().close()
        first, *others = http.calls
        print(first.client.split()[0], "sentry-trace" in first.request_headers, {call.method for call in others})
    """
    assert run(script, tmp_path).splitlines() == ["{'name': 'Ada'}", "requests True {'POST'}"]
