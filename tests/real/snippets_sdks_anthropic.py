"""How applications use Anthropic's SDK."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .corpus import Corpus, raised, raised_async

corpus = Corpus()

ASKED = {"max_tokens": 64, "messages": [{"role": "user", "content": "Say hello, wörld"}]}
WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


def client(anthropic: ModuleType, base: str, **options: Any) -> Any:
    return anthropic.Anthropic(api_key="sk-tests", base_url=f"{base}/anthropic", **options)


def async_client(anthropic: ModuleType, base: str, **options: Any) -> Any:
    return anthropic.AsyncAnthropic(api_key="sk-tests", base_url=f"{base}/anthropic", **options)


@corpus.add
def message(anthropic: ModuleType, base: str) -> object:
    with client(anthropic, base) as ai:
        return ai.messages.create(model="small", **ASKED).model_dump()


@corpus.add
def message_streamed(anthropic: ModuleType, base: str) -> object:
    with client(anthropic, base) as ai, ai.messages.stream(model="small", **ASKED) as stream:
        return list(stream.text_stream), stream.get_final_message().model_dump()


@corpus.add
def raw_events(anthropic: ModuleType, base: str) -> object:
    with client(anthropic, base) as ai:
        return [event.type for event in ai.messages.create(model="small", stream=True, **ASKED)]


@corpus.add
def tool_used(anthropic: ModuleType, base: str) -> object:
    with client(anthropic, base) as ai:
        used = ai.messages.create(model="small", tools=[WEATHER], **ASKED)
        call = used.content[0]
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "rain"}
        turns = [{"role": "assistant", "content": used.content}, {"role": "user", "content": [result]}]
        messages = [*ASKED["messages"], *turns]  # type: ignore[misc]
        last = ai.messages.create(model="small", tools=[WEATHER], max_tokens=64, messages=messages)
    return used.stop_reason, call.name, call.input, last.content[0].text


@corpus.add
def errors(anthropic: ModuleType, base: str) -> object:
    found = []
    with client(anthropic, base, max_retries=0) as ai:
        for code in (400, 401, 403, 404, 413, 422, 429, 500, 529):
            try:
                ai.messages.create(model=f"status-{code}", **ASKED)
            except anthropic.APIStatusError as error:
                found.append((type(error).__name__, error.status_code, error.request_id, str(error)))
    return found


@corpus.add
def retries(anthropic: ModuleType, base: str) -> object:
    with client(anthropic, base) as ai:
        text = ai.messages.create(model="flaky-529", **ASKED).content[0].text
        return text, raised(ai.with_options(max_retries=1).messages.create, model="status-500", **ASKED)


@corpus.like(prepare=client)
def client_built_before(anthropic: ModuleType, base: str, ai: Any) -> object:
    with ai:
        return ai.messages.create(model="small", **ASKED).content[0].text


@corpus.add
async def message_async(anthropic: ModuleType, base: str) -> object:
    async with async_client(anthropic, base) as ai:
        whole = await ai.messages.create(model="flaky-500", **ASKED)
        async with ai.messages.stream(model="small", **ASKED) as stream:
            words = [word async for word in stream.text_stream]
        strict = ai.with_options(max_retries=0)
        return whole.content[0].text, words, await raised_async(strict.messages.create(model="status-404", **ASKED))
