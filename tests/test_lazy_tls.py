"""LazyContext: a TLS context that is made when a connection needs it, and means the same."""

from __future__ import annotations

import ssl
import threading

import pytest

from bigfoot.transports.tls import LazyContext


class Factory:
    """Makes contexts, and remembers them."""

    def __init__(self) -> None:
        self.made: list[ssl.SSLContext] = []

    def __call__(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.made.append(context)
        return context


@pytest.fixture
def factory() -> Factory:
    return Factory()


def bio(context: ssl.SSLContext) -> ssl.SSLObject:
    return context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="example.com")


def test_what_clients_ask_and_set_beforehand_makes_nothing(factory: Factory) -> None:
    context = LazyContext(factory)
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.protocol == ssl.PROTOCOL_TLS_CLIENT
    assert context.post_handshake_auth is False
    context.set_alpn_protocols(["http/1.1"])
    context.post_handshake_auth = True
    context.check_hostname = True
    assert context.post_handshake_auth is True
    assert (context.made, factory.made) == (False, [])


def test_a_connection_is_made_by_the_real_one_with_what_was_set(factory: Factory) -> None:
    context = LazyContext(factory)
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.post_handshake_auth = True
    made = bio(context)
    assert [made.context] == factory.made
    assert context.made
    assert made.context.post_handshake_auth is True


def test_another_setting_makes_it_and_goes_to_it(factory: Factory) -> None:
    context = LazyContext(factory)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    (real,) = factory.made
    assert (real.check_hostname, real.verify_mode) == (False, ssl.CERT_NONE)
    assert (context.check_hostname, context.verify_mode) == (False, ssl.CERT_NONE)


def test_another_question_is_answered_by_the_real_one(factory: Factory) -> None:
    context = LazyContext(factory)
    assert context.cert_store_stats() == {"x509": 0, "crl": 0, "x509_ca": 0}
    (real,) = factory.made
    context.set_alpn_protocols(["http/1.1"])
    context.post_handshake_auth = True
    assert real.post_handshake_auth is True


def test_threads_share_one(factory: Factory) -> None:
    context = LazyContext(factory)
    found: list[ssl.SSLContext] = []
    threads = [threading.Thread(target=lambda: found.append(bio(context).context)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(factory.made) == 1
    assert found == factory.made * 8


def test_what_the_factory_raises_is_raised(factory: Factory) -> None:
    def missing() -> ssl.SSLContext:
        raise FileNotFoundError("no bundle")

    with pytest.raises(FileNotFoundError, match="no bundle"):
        bio(LazyContext(missing))
