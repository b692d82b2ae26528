"""The few answers of AWS that botocore is asked to parse: STS (query/XML), SQS and DynamoDB (JSON), S3 (REST/XML)."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import parse_qs

from .server import Pairs, Reply, Request

XML = ("Content-Type", "text/xml")
CALLER = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/tester</Arn><UserId>AIDATESTER</UserId><Account>123456789012</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""
DENIED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>not you</Message></Error><RequestId>req-2</RequestId></ErrorResponse>"""
LISTING = """<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Name>bucket</Name><Prefix></Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>
<Contents><Key>a.txt</Key><LastModified>2025-03-04T10:00:00.000Z</LastModified><ETag>&quot;1&quot;</ETag><Size>3</Size></Contents>
<Contents><Key>b/c.txt</Key><LastModified>2025-03-04T10:00:00.000Z</LastModified><ETag>&quot;2&quot;</ETag><Size>4</Size></Contents>
</ListBucketResult>"""
NO_SUCH_KEY = """<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>no such key</Message>
<Key>missing.txt</Key><RequestId>req-3</RequestId></Error>"""
JSON_ANSWERS: dict[str, object] = {
    "AmazonSQS.SendMessage": {
        "MessageId": "m-1",
        "MD5OfMessageBody": hashlib.md5(b"hello queue").hexdigest(),
    },
    "DynamoDB_20120810.GetItem": {"Item": {"id": {"S": "1"}, "n": {"N": "5"}, "blob": {"B": "/w=="}}},
    "DynamoDB_20120810.PutItem": {},
}


def aws(request: Request, seen: int) -> Reply:
    """`POST /`: which operation it is, the X-Amz-Target header or the form's Action tells."""
    target = request.header("x-amz-target")
    if target:
        kind = ("Content-Type", "application/x-amz-json-1.0")
        if target.endswith("PutItem") and seen == 0:
            fault = {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}
            return Reply(400, json.dumps(fault | {"message": "slow down"}).encode(), (kind,))
        return Reply(200, json.dumps(JSON_ANSWERS[target]).encode(), (kind, ("x-amzn-RequestId", "req-4")))
    action = parse_qs(request.body.decode()).get("Action", [""])[0]
    if action == "GetCallerIdentity":
        return Reply(200, CALLER.encode(), (XML, ("x-amzn-RequestId", "req-1")))
    return Reply(403, DENIED.encode(), (XML,))


def bucket(request: Request, seen: int) -> Reply:
    """A path-style S3 bucket: list, get, put, head, delete."""
    key = "/".join(request.parts[1:])
    headers: Pairs = (("x-amz-request-id", "req-5"), ("ETag", '"0cc175b9"'))
    if not key:
        return Reply(200, LISTING.encode(), (("Content-Type", "application/xml"), *headers))
    if key == "missing.txt":
        return Reply(404, NO_SUCH_KEY.encode(), (("Content-Type", "application/xml"), *headers))
    if request.method in ("PUT", "DELETE"):
        return Reply(200 if request.method == "PUT" else 204, b"", headers)
    modified = ("Last-Modified", "Tue, 04 Mar 2025 10:00:00 GMT")
    meta = ("x-amz-meta-owner", "tests")
    return Reply(200, b"abc" * 1000, (("Content-Type", "text/plain"), modified, meta, *headers))
