"""`UnusedMocksError` of a mocked method could not be pickled: its steps led to the locks of the verifier."""

from __future__ import annotations

import pickle

import pytest

from bigfoot import StrictVerifier, UnusedMocksError


def test_it_travels_with_the_text_of_its_steps(verifier: StrictVerifier) -> None:
    verifier.mock("Service").call.returns(1)
    with pytest.raises(UnusedMocksError) as caught:
        verifier.verify_all()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.mocks[0].describe() == "bigfoot.mock('Service').call.returns(1)"
