"""A client imported inside the sandbox failed to import: a module's parent does not have it yet when it is loaded."""

from __future__ import annotations

from pathlib import Path

from ..script import run


def test_http_client_inside_the_sandbox(tmp_path: Path) -> None:
    script = """
        import sys
        from bigfoot import StrictVerifier

        for name in [name for name in sys.modules if name.startswith("http.")]:
            del sys.modules[name]
        sys.modules.pop("http", None)
        with StrictVerifier().sandbox():
            import http.client
        print(http.client.HTTPConnection.__name__)
    """
    assert run(script, tmp_path) == "HTTPConnection\n"
