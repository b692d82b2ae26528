"""An example that is not finished: the test says nothing of what the shop has sent. The demo lets it fail."""

from __future__ import annotations

import bigfoot
from bigfoot.demo.shop import REFUNDS, refund


def test_refund() -> None:
    bigfoot.http.mock_response("POST", REFUNDS, json={"id": "ref_1"})

    with bigfoot.sandbox():
        assert refund("pay_1") == "ref_1"
