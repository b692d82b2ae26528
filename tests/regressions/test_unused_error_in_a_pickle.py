"""`UnusedMocksError` of a mocked method could not be pickled: its steps led to the locks of the verifier."""

from __future__ import annotations

import pickle
import threading

import pytest

from bigfoot import BigfootError, StrictVerifier, UnusedMocksError


def test_it_travels_with_the_text_of_its_steps(verifier: StrictVerifier) -> None:
    verifier.mock("Service").call.returns(1)
    with pytest.raises(UnusedMocksError) as caught:
        verifier.verify_all()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.mocks[0].describe() == "bigfoot.mock('Service').call.returns(1)"


def test_values_that_cannot_travel_go_as_their_text(verifier: StrictVerifier) -> None:
    service = verifier.mock("Service")
    service.call.returns(1).raises(KeyError)
    errors: list[BigfootError] = []
    for method in ("ping", "call"):
        with verifier.sandbox():
            try:
                getattr(service, method)(threading.Lock(), [1, threading.Lock()], name=lambda: None)
            except BigfootError as error:
                errors.append(error)
    with pytest.raises(BigfootError) as caught:
        verifier.verify_all()
    for sent in (*errors, caught.value):
        copy = pickle.loads(pickle.dumps(sent))
        assert type(copy) is type(sent)
        assert str(copy) == str(sent)
    lock, pair = pickle.loads(pickle.dumps(errors[0])).args_tuple
    assert "lock" in lock
    assert pair[0] == 1
