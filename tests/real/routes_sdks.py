"""The answers of the services whose SDKs are tried: OpenAI, Anthropic, Elasticsearch, Kubernetes, GraphQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from .server import Handler, Pairs, Reply, Request

JSON = ("Content-Type", "application/json")
EVENTS: Pairs = (("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-cache"))
SOON: Pairs = (("Retry-After-Ms", "1"), ("Retry-After", "0.001"))


def _json(value: object, status: int = 200, headers: Pairs = ()) -> Reply:
    return Reply(status, json.dumps(value).encode(), (JSON, *headers))


def _event(data: object, name: str = "") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def _events(events: Iterable[bytes]) -> Reply:
    return Reply(200, b"", EVENTS, framing="chunked", chunks=tuple(events))


def _trouble(model: str, seen: int, refusal: Callable[[int], object]) -> Reply | None:
    """A model called `status-<code>` always fails so, `flaky-<code>` two times."""
    kind, _, code = model.partition("-")
    if kind not in ("status", "flaky") or (kind == "flaky" and seen >= 2):
        return None
    return _json(refusal(int(code)), int(code), (*SOON, ("X-Request-Id", "req_1"), ("Request-Id", "req_1")))


# OpenAI

WEATHER_CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Łódź"}'}}
WORDS = ("Hel", "lo, ", "wörld", "!")


def openai(request: Request, seen: int) -> Reply:
    """`/openai/v1/...`: chat completions (also streamed, also calling tools), models, embeddings, files."""
    if "models" in request.parts:
        models = [{"id": name, "object": "model", "created": 1, "owned_by": "tests"} for name in ("small", "large")]
        return _json({"object": "list", "data": models})
    if "files" in request.parts:
        made = {
            "id": "file_1",
            "object": "file",
            "bytes": len(request.body),
            "created_at": 1,
            "filename": "lines.jsonl",
        }
        return _json({**made, "purpose": "batch", "status": "processed"})
    asked = json.loads(request.body)
    if "embeddings" in request.parts:
        # 1.0 and -2.0 as little-endian floats, in base64: what the SDK asks for unless it is told otherwise.
        data = [{"object": "embedding", "index": 0, "embedding": "AACAPwAAAMA="}]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return _json({"object": "list", "data": data, "model": asked["model"], "usage": usage})
    failed = _trouble(asked["model"], seen, lambda code: {"error": {"message": "no", "type": "t", "code": str(code)}})
    if failed:
        return failed
    frame = {"id": "chatcmpl_1", "created": 1, "model": asked["model"]}
    if asked.get("stream"):
        return _events(_completion_chunks(frame))
    calls = "tools" in asked and asked["messages"][-1]["role"] == "user"
    said: dict[str, Any] = {"role": "assistant", "content": None if calls else "".join(WORDS)}
    if calls:
        said["tool_calls"] = [WEATHER_CALL]
    choice = {"index": 0, "message": said, "finish_reason": "tool_calls" if calls else "stop", "logprobs": None}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    whole = {**frame, "object": "chat.completion", "choices": [choice], "usage": usage}
    return _json(whole, headers=(("X-Request-Id", "req_1"),))


def _completion_chunks(frame: dict[str, Any]) -> Iterable[bytes]:
    frame = {**frame, "object": "chat.completion.chunk"}
    for word in WORDS:
        yield _event({**frame, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]})
    yield _event({**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield _event("[DONE]")


# Anthropic


def anthropic(request: Request, seen: int) -> Reply:
    """`/anthropic/v1/messages`, also streamed, also using tools."""
    asked = json.loads(request.body)
    failed = _trouble(asked["model"], seen, lambda code: {"type": "error", "error": {"type": "t", "message": "no"}})
    if failed:
        return failed
    usage = {"input_tokens": 3, "output_tokens": 4}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "usage": usage}
    if asked.get("stream"):
        return _events(_message_events({**message, "content": [], "stop_reason": None, "stop_sequence": None}))
    if "tools" in asked and isinstance(asked["messages"][-1]["content"], str):
        used = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Łódź"}}
        return _json({**message, "content": [used], "stop_reason": "tool_use", "stop_sequence": None})
    text = {"type": "text", "text": "".join(WORDS)}
    return _json({**message, "content": [text], "stop_reason": "end_turn", "stop_sequence": None})


def _message_events(message: dict[str, Any]) -> Iterable[bytes]:
    yield _event({"type": "message_start", "message": message}, "message_start")
    begun = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield _event(begun, "content_block_start")
    yield _event({"type": "ping"}, "ping")
    for word in WORDS:
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
        yield _event(delta, "content_block_delta")
    yield _event({"type": "content_block_stop", "index": 0}, "content_block_stop")
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    yield _event({"type": "message_delta", "delta": end, "usage": {"output_tokens": 4}}, "message_delta")
    yield _event({"type": "message_stop"}, "message_stop")


# Elasticsearch

PRODUCT: Pairs = (("X-Elastic-Product", "Elasticsearch"),)
VERSION = {"number": "9.0.0", "build_flavor": "default"}


def elastic(request: Request, seen: int) -> Reply:
    """`/elastic/...`: the root, documents, a search, bulk; the index `slow` is there at the second time."""
    path = request.parts[1:]
    if not path:
        return _elastic(
            {"name": "node", "cluster_name": "tests", "version": VERSION, "tagline": "You Know, for Search"}
        )
    if path[0] == "slow" and seen < 1:
        return _elastic({"error": {"type": "unavailable", "reason": "slow"}, "status": 503}, 503)
    if path[-1] == "_bulk":
        actions = [json.loads(line) for line in request.body.splitlines()][::2]
        items = [{"index": {**each["index"], "status": 201, "result": "created"}} for each in actions]
        return _elastic({"took": 1, "errors": False, "items": items})
    if path[-1] == "_search":
        hits = [{"_index": path[0], "_id": "1", "_score": 1.0, "_source": {"title": "naïve"}}]
        return _elastic(
            {"took": 1, "timed_out": False, "hits": {"total": {"value": 1, "relation": "eq"}, "hits": hits}}
        )
    if request.method == "HEAD":
        return _elastic(None, 404 if path[-1] == "missing" else 200)
    if path[-1] == "missing":
        return _elastic({"_index": path[0], "_id": "missing", "found": False}, 404)
    done = {"_index": path[0], "_id": path[-1], "_version": 1, "found": True, "_source": {"title": "naïve"}}
    return _elastic({**done, "result": "created"}, 201 if request.method in ("POST", "PUT") else 200)


def _elastic(value: object, status: int = 200) -> Reply:
    kind = ("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9")
    return Reply(status, json.dumps(value).encode(), (kind, *PRODUCT))


# Kubernetes


def _pod(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "resourceVersion": "7"}}


def kubernetes(request: Request, seen: int) -> Reply:
    """`/kube/api/v1/namespaces/shop/pods[/name[/log]]`, also watched."""
    name = request.parts[6] if len(request.parts) > 6 else None
    if name == "missing":
        gone = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        return _json(gone, 404)
    if request.parts[-1] == "log":
        return Reply(200, b"started\nready\n", (("Content-Type", "text/plain"),))
    if request.arg("watch"):
        events = [{"type": kind, "object": _pod("web")} for kind in ("ADDED", "MODIFIED", "DELETED")]
        chunks = tuple(json.dumps(event).encode() + b"\n" for event in events)
        return Reply(200, b"", (JSON,), framing="chunked", chunks=chunks)
    if request.method == "POST":
        return _json({**_pod("new"), "spec": json.loads(request.body)["spec"]}, 201)
    if request.method in ("PATCH", "DELETE"):
        return _json(_pod(name or ""))
    if name:
        return _json(_pod(name))
    pods = [_pod(name) for name in ("web", "db")]
    return _json({"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "7"}, "items": pods})


# Others


def graphql(request: Request, seen: int) -> Reply:
    """Names a user; refuses what does not ask for one."""
    asked = json.loads(request.body)
    if "user" not in asked["query"]:
        return _json({"errors": [{"message": "Cannot query this", "path": ["other"]}], "data": None})
    return _json({"data": {"user": {"id": asked.get("variables", {}).get("id", "1"), "name": "Ünï"}}})


def oauth(request: Request, seen: int) -> Reply:
    """A token endpoint; `/oauth/refused` gives none."""
    if request.parts[-1] == "refused":
        return _json({"error": "invalid_grant", "error_description": "revoked"}, 400)
    granted = {"access_token": f"t0ken-{seen + 1}", "token_type": "Bearer", "expires_in": 3600}
    return _json({**granted, "refresh_token": "again", "scope": "read"})


def envelope(request: Request, seen: int) -> Reply:
    """`/api/<project>/envelope/`: where Sentry's SDK sends events."""
    return _json({"id": "0" * 32})


SDK_ROUTES: dict[str, Handler] = {
    "anthropic": anthropic,
    "api": envelope,
    "elastic": elastic,
    "graphql": graphql,
    "kube": kubernetes,
    "oauth": oauth,
    "openai": openai,
}
