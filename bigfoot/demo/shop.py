"""A small shop: the code that the demo's tests test. It asks four services, each through another client.

The clients are imported where they are used, so that the demo also runs where some of them are not installed.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Protocol

CHARGES = "https://payments.example/charges"
REFUNDS = "https://payments.example/refunds"
RATES = "https://rates.example/latest"
CARRIERS = {"swift": "https://swift.example/quote", "snail": "https://snail.example/quote"}


class Declined(Exception):
    """The payment service refused the card."""


class Mailer(Protocol):
    """What sends the shop's mail."""

    def send(self, to: str, subject: str) -> None: ...


class Prices:
    """The shop's prices, in cents."""

    def of(self, sku: str) -> int:
        return {"teapot": 1900, "kettle": 4500}[sku]


def left(warehouse: str, sku: str) -> int:
    """Ask the warehouse how many pieces are left."""
    import httpx

    response = httpx.get(f"{warehouse}/stock/{sku}")
    response.raise_for_status()
    return int(response.json()["left"])


async def reserve(warehouse: str, sku: str, pieces: int) -> int:
    """Have the warehouse keep some pieces."""
    import httpx

    async with httpx.AsyncClient() as client:
        response = await client.post(f"{warehouse}/stock/{sku}", json={"pieces": pieces})
    return int(response.json()["reserved"])


def charge(cents: int, card: str) -> str:
    """Charge a card, and return the payment's id."""
    import requests

    headers = {"Idempotency-Key": f"{card}-{cents}"}
    response = requests.post(CHARGES, json={"cents": cents, "card": card}, headers=headers)
    if response.status_code == 402:
        raise Declined(response.json()["reason"])
    response.raise_for_status()
    return str(response.json()["id"])


def refund(payment: str) -> str:
    """Give the money of a payment back, and return the refund's id."""
    request = urllib.request.Request(REFUNDS, json.dumps({"payment": payment}).encode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        return str(json.load(response)["id"])


def in_euro(cents: int) -> float:
    """Convert dollar cents at today's rate."""
    with urllib.request.urlopen(RATES) as response:
        return float(cents * json.load(response)["EUR"] / 100)


async def cheapest_carrier() -> str:
    """Ask every carrier at the same time."""
    import aiohttp

    async with aiohttp.ClientSession() as session:

        async def quote(name: str) -> tuple[int, str]:
            async with session.get(CARRIERS[name]) as response:
                return (await response.json())["cents"], name

        return min(await asyncio.gather(*map(quote, CARRIERS)))[1]


def checkout(warehouse: str, sku: str, card: str, prices: Prices, mailer: Mailer) -> str:
    """Sell one piece: look whether there is one, charge the card, write to the customer."""
    if not left(warehouse, sku):
        raise LookupError(sku)
    payment = charge(prices.of(sku), card)
    mailer.send("ada@example.com", f"Your {sku}")
    return payment
