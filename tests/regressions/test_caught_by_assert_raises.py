"""An unmocked call that `TestCase.assertRaises` expected counted as swallowed: it strips the traceback."""

from __future__ import annotations

import pickle
import unittest

import httpx

import bigfoot
from bigfoot import UnmockedInteractionError


class TestExpected(unittest.TestCase):
    def test_unmocked(self) -> None:
        with bigfoot.sandbox(), self.assertRaises(UnmockedInteractionError) as caught:
            httpx.get("https://api.example.com/")
        self.assertIsNone(caught.exception.__traceback__)
        bigfoot.verify_all()
        self.assertEqual(str(pickle.loads(pickle.dumps(caught.exception))), str(caught.exception))
