"""How applications use boto3, and aiobotocore, which speaks the same through aiohttp."""

from __future__ import annotations

import io
from types import ModuleType
from typing import Any

from .corpus import Corpus

boto3_corpus = Corpus()
aiobotocore_corpus = Corpus()

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "AKIDTESTS", "aws_secret_access_key": "secret"}


def _settings(botocore_config: Any) -> Any:
    return botocore_config(retries={"max_attempts": 2, "mode": "legacy"}, s3={"addressing_style": "path"})


def made(boto3: ModuleType, config: ModuleType, service: str, base: str) -> Any:
    return boto3.client(service, endpoint_url=base, config=_settings(config.Config), **KEYS)


@boto3_corpus.add
def who_am_i(boto3: ModuleType, config: ModuleType, base: str) -> object:
    sts = made(boto3, config, "sts", base)
    try:
        sts.get_session_token()
    except sts.exceptions.ClientError as error:
        return sts.get_caller_identity()["Arn"], error.response["Error"]
    return None


@boto3_corpus.add
def object_put_with_expect(boto3: ModuleType, config: ModuleType, base: str) -> object:
    """S3's uploads say `Expect: 100-continue` and wait for it before they send the body."""
    s3 = made(boto3, config, "s3", base)
    answers = [s3.put_object(Bucket="bucket", Key=key, Body=body) for key, body in (("b", b"x" * 9), ("e", b""))]
    return [answer["ETag"] for answer in answers]


@boto3_corpus.like(concurrent=True)
def objects_transferred(boto3: ModuleType, config: ModuleType, base: str) -> object:
    """`upload_fileobj` and `download_fileobj` work in threads of a pool of their own."""
    s3 = made(boto3, config, "s3", base)
    s3.upload_fileobj(io.BytesIO(b"from a file" * 100), "bucket", "up.txt")
    received = io.BytesIO()
    s3.download_fileobj("bucket", "a.txt", received)
    return received.getvalue()


@boto3_corpus.add
def resource_and_pages(boto3: ModuleType, config: ModuleType, base: str) -> object:
    bucket = boto3.resource("s3", endpoint_url=base, config=_settings(config.Config), **KEYS).Bucket("bucket")
    pages = made(boto3, config, "s3", base).get_paginator("list_objects_v2").paginate(Bucket="bucket")
    return [entry.key for entry in bucket.objects.all()], [page["KeyCount"] for page in pages]


@boto3_corpus.add
def throttled_then_written(boto3: ModuleType, config: ModuleType, base: str) -> object:
    answer = made(boto3, config, "dynamodb", base).put_item(TableName="things", Item={"id": {"S": "1"}})
    return answer["ResponseMetadata"]["RetryAttempts"]


@boto3_corpus.like(prepare=lambda boto3, config, base: made(boto3, config, "s3", base))
def client_built_before(boto3: ModuleType, config: ModuleType, base: str, s3: Any) -> object:
    return s3.get_object(Bucket="bucket", Key="a.txt")["Body"].read()[:6]


def _aio(session: ModuleType, config: ModuleType, service: str, base: str) -> Any:
    options = {"endpoint_url": base, "config": _settings(config.AioConfig), **KEYS}
    return session.get_session().create_client(service, **options)


@aiobotocore_corpus.add
async def who_am_i_async(session: ModuleType, config: ModuleType, base: str) -> object:
    async with _aio(session, config, "sts", base) as sts:
        try:
            await sts.get_session_token()
        except sts.exceptions.ClientError as error:
            return (await sts.get_caller_identity())["Arn"], error.response["Error"]
    return None


@aiobotocore_corpus.add
async def objects_async(session: ModuleType, config: ModuleType, base: str) -> object:
    async with _aio(session, config, "s3", base) as s3:
        put = await s3.put_object(Bucket="bucket", Key="b", Body=b"bytes")
        got = await s3.get_object(Bucket="bucket", Key="a.txt")
        async with got["Body"] as body:
            content = await body.read()
        try:
            await s3.get_object(Bucket="bucket", Key="missing.txt")
        except s3.exceptions.NoSuchKey as error:
            return put["ETag"], content[:6], error.response["Error"]
    return None


@aiobotocore_corpus.add
async def throttled_async(session: ModuleType, config: ModuleType, base: str) -> object:
    async with _aio(session, config, "dynamodb", base) as table:
        answer = await table.put_item(TableName="things", Item={"id": {"S": "1"}})
        return answer["ResponseMetadata"]["RetryAttempts"]
