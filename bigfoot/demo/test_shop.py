"""The demo's example: how the shop is tested with bigfoot.

`bigfoot.sandbox()` is the long form of `with bigfoot:`, for the sake of type checkers: to them a module is not a
context manager.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest

import bigfoot
from bigfoot.demo import shop
from bigfoot.demo.server import Warehouse

JSON = {"content-type": "application/json"}


def needs(*libraries: str) -> pytest.MarkDecorator:
    missing = [library for library in libraries if importlib.util.find_spec(library) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with Warehouse() as server:
        yield server


@needs("requests")
def test_charge() -> None:
    bigfoot.http.mock_response("POST", shop.CHARGES, json={"id": "pay_1"})

    with bigfoot.sandbox():
        assert shop.charge(1900, "visa-4242") == "pay_1"

    bigfoot.http.assert_request(
        "POST",
        shop.CHARGES,
        headers={**JSON, "idempotency-key": "visa-4242-1900"},
        body={"cents": 1900, "card": "visa-4242"},
    ).assert_response(200, JSON, {"id": "pay_1"})


@needs("requests")
def test_a_declined_card() -> None:
    bigfoot.http.mock_response("POST", shop.CHARGES, json={"reason": "expired"}, status=402)

    with bigfoot.sandbox(), pytest.raises(shop.Declined, match="expired"):
        shop.charge(1900, "visa-4242")

    bigfoot.http.assert_request("POST", shop.CHARGES, headers=None, body=None)


def test_in_euro() -> None:
    bigfoot.http.mock_response("GET", shop.RATES, json={"EUR": 0.5})

    with bigfoot.sandbox():
        assert shop.in_euro(1900) == 9.5

    bigfoot.http.assert_request("GET", shop.RATES)


@needs("httpx")
def test_left_asks_the_real_warehouse(warehouse: Warehouse) -> None:
    bigfoot.http.pass_through("GET", f"{warehouse.url}/stock/teapot")

    with bigfoot.sandbox():
        assert shop.left(warehouse.url, "teapot") == 3

    bigfoot.http.assert_request("GET", f"{warehouse.url}/stock/teapot").assert_response(
        200, headers=None, body={"sku": "teapot", "left": 3}
    )


@needs("aiohttp", "pytest_asyncio")
@pytest.mark.asyncio
async def test_cheapest_carrier() -> None:
    bigfoot.http.mock_response("GET", shop.CARRIERS["swift"], json={"cents": 900})
    bigfoot.http.mock_response("GET", shop.CARRIERS["snail"], json={"cents": 300})

    async with bigfoot.sandbox():
        assert await shop.cheapest_carrier() == "snail"

    with bigfoot.in_any_order():  # they were asked at the same time
        bigfoot.http.assert_request("GET", shop.CARRIERS["snail"])
        bigfoot.http.assert_request("GET", shop.CARRIERS["swift"])


@needs("httpx", "pytest_asyncio")
@pytest.mark.asyncio
async def test_reserve_asks_the_real_warehouse(warehouse: Warehouse) -> None:
    bigfoot.http.pass_through("POST", f"{warehouse.url}/*")

    async with bigfoot.sandbox():
        assert await shop.reserve(warehouse.url, "teapot", 2) == 2

    bigfoot.http.assert_request("POST", f"{warehouse.url}/stock/teapot", headers=JSON, body={"pieces": 2})


@needs("httpx", "requests")
def test_checkout(warehouse: Warehouse) -> None:
    mailer: Any = bigfoot.mock("Mailer", spec=shop.Mailer)
    mailer.send.returns(None)
    prices: Any = bigfoot.spy("Prices", shop.Prices())  # answers as the real object does, and is recorded
    bigfoot.http.pass_through("GET", f"{warehouse.url}/stock/*")
    bigfoot.http.mock_response("POST", shop.CHARGES, json={"id": "pay_2"}, status=201)

    with bigfoot.sandbox():
        shop.checkout(warehouse.url, "teapot", "visa-4242", prices, mailer)

    # One timeline: no mail before the payment, no payment before the look at the stock.
    bigfoot.http.assert_request("GET", f"{warehouse.url}/stock/teapot")
    prices.of.assert_call("teapot")
    bigfoot.http.assert_request("POST", shop.CHARGES, headers=None, body=None)
    mailer.send.assert_call("ada@example.com", "Your teapot")
