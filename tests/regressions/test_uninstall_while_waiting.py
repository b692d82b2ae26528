"""A seam that was waiting for the import of its library came on although everything had been given back."""

from __future__ import annotations

from pathlib import Path

from ..script import run


def test_the_library_stays_as_it_is(tmp_path: Path) -> None:
    script = """
        import bigfoot

        with bigfoot.StrictVerifier().sandbox():
            pass
        bigfoot.uninstall()
        import httpx

        print(httpx.HTTPTransport.handle_request.__module__)
    """
    assert run(script, tmp_path) == "httpx._transports.default\n"


def test_the_next_sandbox_puts_it_on(tmp_path: Path) -> None:
    script = """
        import bigfoot

        with bigfoot.StrictVerifier().sandbox():
            pass
        bigfoot.uninstall()
        import httpx

        with bigfoot.StrictVerifier().sandbox():
            print(httpx.HTTPTransport.handle_request.__code__.co_filename.endswith("httpx.py"))
    """
    assert run(script, tmp_path) == "True\n"
