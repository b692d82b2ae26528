"""How applications use OpenAI's SDK."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

from .corpus import Corpus, raised, raised_async

corpus = Corpus()

HELLO = [{"role": "user", "content": "Say hello, wörld"}]
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


def client(openai: ModuleType, base: str, **options: Any) -> Any:
    return openai.OpenAI(api_key="sk-tests", base_url=f"{base}/openai/v1", **options)


def async_client(openai: ModuleType, base: str, **options: Any) -> Any:
    return openai.AsyncOpenAI(api_key="sk-tests", base_url=f"{base}/openai/v1", **options)


@corpus.add
def chat(openai: ModuleType, base: str) -> object:
    with client(openai, base) as ai:
        completion = ai.chat.completions.create(model="small", messages=HELLO)
    return completion.model_dump(), completion._request_id


@corpus.add
def chat_streamed(openai: ModuleType, base: str) -> object:
    with client(openai, base) as ai, ai.chat.completions.create(model="small", messages=HELLO, stream=True) as chunks:
        return [(chunk.choices[0].delta.content, chunk.choices[0].finish_reason) for chunk in chunks]


@corpus.like(whole=False)
def chat_stream_left(openai: ModuleType, base: str) -> object:
    with client(openai, base) as ai, ai.chat.completions.create(model="small", messages=HELLO, stream=True) as chunks:
        return next(iter(chunks)).choices[0].delta.content


@corpus.add
def tool_called(openai: ModuleType, base: str) -> object:
    with client(openai, base) as ai:
        said = ai.chat.completions.create(model="small", messages=HELLO, tools=[WEATHER]).choices[0].message
        call = said.tool_calls[0]
        answered = [*HELLO, said, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
        last = ai.chat.completions.create(model="small", messages=answered, tools=[WEATHER]).choices[0].message
    return call.function.name, call.function.arguments, last.content


@corpus.add
def errors(openai: ModuleType, base: str) -> object:
    found = []
    with client(openai, base, max_retries=0) as ai:
        for code in (400, 401, 403, 404, 409, 422, 429, 500):
            try:
                ai.chat.completions.create(model=f"status-{code}", messages=HELLO)
            except openai.APIStatusError as error:
                found.append((type(error).__name__, error.status_code, error.request_id, error.code, str(error)))
    return found


@corpus.add
def retries(openai: ModuleType, base: str) -> object:
    with client(openai, base) as ai:
        raw = ai.chat.completions.with_raw_response.create(model="flaky-503", messages=HELLO)
        return raw.retries_taken, raw.status_code, raw.parse().choices[0].message.content


@corpus.add
def retries_that_run_out(openai: ModuleType, base: str) -> object:
    with client(openai, base, max_retries=1) as ai:
        return raised(ai.chat.completions.create, model="status-429", messages=HELLO)


@corpus.add
def models_embeddings_and_files(openai: ModuleType, base: str) -> object:
    with client(openai, base) as ai:
        names = [model.id for model in ai.models.list()]
        vector = ai.embeddings.create(model="small", input="x").data[0].embedding
        file = ai.files.create(file=("lines.jsonl", b'{"a": 1}\n'), purpose="batch")
    return names, vector, file.model_dump()


@corpus.like(prepare=client)
def client_built_before(openai: ModuleType, base: str, ai: Any) -> object:
    with ai:
        return ai.chat.completions.create(model="small", messages=HELLO).choices[0].message.content


@corpus.like(concurrent=True)
async def chat_async(openai: ModuleType, base: str) -> object:
    async with async_client(openai, base) as ai:
        asked = [ai.chat.completions.create(model=f"m{number}", messages=HELLO) for number in range(3)]
        return [completion.model for completion in await asyncio.gather(*asked)]


@corpus.add
async def chat_streamed_async(openai: ModuleType, base: str) -> object:
    async with async_client(openai, base) as ai:
        chunks = await ai.chat.completions.create(model="small", messages=HELLO, stream=True)
        return [chunk.choices[0].delta.content async for chunk in chunks]


@corpus.add
async def retries_async(openai: ModuleType, base: str) -> object:
    async with async_client(openai, base) as ai:
        completion = await ai.chat.completions.create(model="flaky-500", messages=HELLO)
        strict = ai.with_options(max_retries=0)
        refused = await raised_async(strict.chat.completions.create(model="status-404", messages=HELLO))
    return completion.choices[0].message.content, refused
