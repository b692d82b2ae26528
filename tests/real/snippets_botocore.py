"""How applications use AWS clients (botocore carries boto3): offline, against an endpoint of their own."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import botocore.session  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

from .corpus import Corpus

corpus = Corpus()


@cache
def _session() -> Any:
    """One session for all: what costs time is reading the service models."""
    session = botocore.session.Session()
    session.set_credentials("AKIDTESTS", "secret")
    return session


def made(service: str, base: str) -> Any:
    """A client with credentials that open nothing; the old retry mode waits least."""
    settings = Config(retries={"max_attempts": 2, "mode": "legacy"}, s3={"addressing_style": "path"})
    return _session().create_client(service, region_name="us-east-1", endpoint_url=base, config=settings)


def _meta(answer: dict[str, Any]) -> dict[str, Any]:
    meta = answer["ResponseMetadata"]
    return {key: meta.get(key) for key in ("RequestId", "HTTPStatusCode", "RetryAttempts")}


@corpus.add
def caller_identity(base: str) -> object:
    answer = made("sts", base).get_caller_identity()
    return answer["Arn"], answer["Account"], _meta(answer)


@corpus.add
def denied(base: str) -> object:
    sts = made("sts", base)
    try:
        sts.get_session_token()
    except sts.exceptions.ClientError as error:
        return error.response["Error"], str(error), _meta(error.response)
    return None


@corpus.like(prepare=lambda base: made("sqs", base))
def queue_client_built_before(base: str, sqs: Any) -> object:
    answer = sqs.send_message(QueueUrl=f"{base}/123/queue", MessageBody="hello queue")
    return answer["MessageId"], answer["MD5OfMessageBody"], _meta(answer)


@corpus.add
def item_from_a_table(base: str) -> object:
    answer = made("dynamodb", base).get_item(TableName="things", Key={"id": {"S": "1"}})
    return answer["Item"], _meta(answer)


@corpus.add
def throttled_then_written(base: str) -> object:
    return _meta(made("dynamodb", base).put_item(TableName="things", Item={"id": {"S": "1"}}))


@corpus.add
def object_listed(base: str) -> object:
    answer = made("s3", base).list_objects_v2(Bucket="bucket")
    return [(entry["Key"], entry["Size"], entry["LastModified"].isoformat()) for entry in answer["Contents"]]


@corpus.add
def object_read(base: str) -> object:
    answer = made("s3", base).get_object(Bucket="bucket", Key="a.txt")
    body = answer["Body"]
    return (
        body.read(5),
        list(body.iter_chunks(1024)),
        answer["Metadata"],
        answer["ContentType"],
        answer["ETag"],
    )


@corpus.add
def object_read_by_line(base: str) -> object:
    return list(made("s3", base).get_object(Bucket="bucket", Key="a.txt")["Body"].iter_lines())


@corpus.add
def object_written(base: str) -> object:
    s3 = made("s3", base)
    answers = [
        s3.put_object(Bucket="bucket", Key=key, Body=body)
        for key, body in (("b", b"bytes"), ("f", io.BytesIO(b"file")))
    ]
    return [(_meta(answer), answer["ETag"]) for answer in answers]


@corpus.add
def object_deleted(base: str) -> object:
    return _meta(made("s3", base).delete_object(Bucket="bucket", Key="a.txt"))


@corpus.like(keeps=["content-length"])
def object_described(base: str) -> object:
    answer = made("s3", base).head_object(Bucket="bucket", Key="a.txt")
    return answer["ContentLength"], answer["LastModified"].isoformat(), answer["Metadata"]


@corpus.add
def object_missing(base: str) -> object:
    s3 = made("s3", base)
    try:
        s3.get_object(Bucket="bucket", Key="missing.txt")
    except s3.exceptions.NoSuchKey as error:
        return error.response["Error"], _meta(error.response)
    return None
