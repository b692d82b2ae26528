"""Finding plugins: the project's own, and those of other packages through an entry point, with no edit anywhere."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import bigfoot
from bigfoot import InvalidArgumentError, MockPlugin, StrictVerifier, discovery
from bigfoot.plugins.http import HttpPlugin
from bigfoot.proxy import PluginProxy

from .clock import ClockPlugin
from .script import run

PLUGIN = """
    from bigfoot.fake import Fake, Source
    from bigfoot.interaction import Interaction
    from bigfoot.seam import Seam, Target
    from bigfoot import context


    class Tick:
        source_id = "clock:now"


    def _now(original):
        def now():
            sandbox = context.active(Tick)
            return original() if sandbox is None else sandbox.answer(Tick())

        return now


    def _targets():
        import timelib

        yield Target(timelib, "now", _now)


    class ClockPlugin(Fake):
        name = "clock"
        seams = (Seam("timelib", _targets),)
        takes = (Tick,)

        def __init__(self, verifier):
            super().__init__(verifier)
            self.now = Source("clock:now")
            self._times = []

        def stands_at(self, time):
            self._times.append(time)

        def answer(self, call):
            time = self._times.pop(0)
            self.verifier.timeline.append(Interaction("clock:now", self, details={"time": time}))
            return time
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a package that has a plugin, installed as far as Python can tell."""
    (tmp_path / "timelib.py").write_text("def now():\n    return 'the real time'\n")
    (tmp_path / "bigfoot_clock.py").write_text(dedent(PLUGIN))
    info = tmp_path / "bigfoot_clock-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bigfoot-clock\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[bigfoot.fakes]\nclock = bigfoot_clock:ClockPlugin\n")
    return tmp_path


class TestThirdParty:
    def test_is_a_plugin_like_any_other(self, site: Path) -> None:
        script = """
            import bigfoot, timelib
            from bigfoot import turn

            turn.begin(turn.Turn())
            bigfoot.clock.stands_at("noon")
            assert timelib.now() == "the real time"
            with bigfoot:
                print(timelib.now())
            print(timelib.now())
            try:
                bigfoot.verify_all()
            except bigfoot.UnassertedInteractionsError as error:
                print(error)
            bigfoot.assert_interaction(bigfoot.clock.now, time="noon")
            bigfoot.verify_all()
            print(bigfoot.ClockPlugin.__name__, repr(bigfoot.clock), "stands_at" in dir(bigfoot.clock))
        """
        lines = run(script, site).splitlines()
        assert lines[:3] == ["noon", "the real time", "1 interaction was not asserted:"]
        assert "    bigfoot.assert_interaction(bigfoot.clock.now, time='noon')" in lines
        assert lines[-1] == "ClockPlugin <bigfoot.clock> True"

    def test_after_its_sandbox(self, site: Path) -> None:
        script = """
            import contextvars, timelib
            from bigfoot import SandboxNotActiveError, StrictVerifier

            with StrictVerifier().sandbox():
                copied = contextvars.copy_context()
            try:
                copied.run(timelib.now)
            except SandboxNotActiveError as error:
                print(error.source_id, "|", str(error).splitlines()[0])
        """
        assert run(script, site) == "clock:now | now was called after its sandbox had ended.\n"

    def test_may_be_disabled(self, site: Path) -> None:
        script = """
            import timelib
            from bigfoot import StrictVerifier
            from bigfoot.config import Config

            with StrictVerifier(Config({"disabled_plugins": ["clock"]})).sandbox():
                print(timelib.now())
        """
        assert run(script, site) == "the real time\n"

    @pytest.mark.parametrize(
        ("entry", "text"),
        [
            ("clock = bigfoot_clock:Tick", "the entry point 'clock' of bigfoot.fakes is <class 'bigfoot_clock.Tick'>"),
            ("clock = bigfoot_clock:_now", "not a subclass of bigfoot.fake.Fake"),
            ("one = bigfoot_clock:ClockPlugin\ntwo = bigfoot_clock:Other", "takes the name 'clock', which is taken"),
            ("http = bigfoot_clock:Http", "takes the name 'http', which is taken"),
        ],
    )
    def test_that_is_none_is_refused(self, entry: str, text: str, site: Path) -> None:
        (site / "bigfoot_clock-1.0.dist-info" / "entry_points.txt").write_text(f"[bigfoot.fakes]\n{entry}\n")
        with (site / "bigfoot_clock.py").open("a") as file:
            file.write("\n\nclass Other(ClockPlugin): ...\n\n\nclass Http(Fake):\n    name = 'http'\n")
        script = """
            import bigfoot

            try:
                bigfoot.StrictVerifier()
            except bigfoot.BigfootConfigError as error:
                print(error)
        """
        assert text in run(script, site)

    def test_may_be_named_twice(self, site: Path) -> None:
        (site / "bigfoot_clock-1.0.dist-info" / "entry_points.txt").write_text(
            "[bigfoot.fakes]\none = bigfoot_clock:ClockPlugin\ntwo = bigfoot_clock:ClockPlugin\n"
        )
        assert run("import bigfoot\nbigfoot.StrictVerifier()\nprint(bigfoot.clock)", site) == "<bigfoot.clock>\n"


class TestClaims:
    """Several plugins may take calls of one shape: the one that is surest answers."""

    SCRIPT = """
        from bigfoot import StrictVerifier, discovery
        from bigfoot.fake import Fake

        class Call:
            def __init__(self, port):
                self.port = port

        class Anything(Fake):
            name = "anything"
            takes = (Call,)

            def answer(self, call):
                return f"anything at {call.port}"

        class Mail(Anything):
            name = "mail"

            def claims(self, call):
                return 2 if call.port == 25 else 0

            def answer(self, call):
                return f"mail at {call.port}"

        discovery.fakes = lambda: {"anything": Anything, "mail": Mail}
        from bigfoot import verifier
        verifier.fakes = discovery.fakes
        one = StrictVerifier()
        print([one.answer(Call(port)) for port in (25, 80)], [one.rank(Call(port)) for port in (25, 80)])
        print(one.rank(5))
    """

    def test_the_highest_answers(self, tmp_path: Path) -> None:
        assert run(self.SCRIPT, tmp_path) == "['mail at 25', 'anything at 80'] [2, 1]\n0\n"


class TestOwn:
    def test_are_found_by_their_names(self) -> None:
        found = discovery.fakes()
        assert found["http"] is HttpPlugin
        assert found["mock"] is MockPlugin
        assert {name for name in found if found[name].name != name} == set()

    def test_are_attributes_of_the_module(self) -> None:
        assert bigfoot.HttpPlugin is HttpPlugin
        assert bigfoot.MockPlugin is MockPlugin
        assert repr(bigfoot.http) == "<bigfoot.http>"
        assert "mock_response" in dir(bigfoot.http)
        assert "_routes" not in dir(bigfoot.http)

    def test_everything_that_the_module_lists_is_there(self) -> None:
        for name in bigfoot.__all__:
            assert getattr(bigfoot, name) is not None

    @pytest.mark.parametrize("name", ["htpp", "_private", "__wrapped__", "ClockPlugin"])
    def test_nothing_else_is(self, name: str) -> None:
        with pytest.raises(AttributeError, match=f"module 'bigfoot' has no attribute '{name}'"):
            getattr(bigfoot, name)

    def test_typos_of_their_methods(self) -> None:
        proxy: Any = bigfoot.http
        with pytest.raises(AttributeError, match=r"bigfoot\.http has no 'mock_respons' \(did you mean 'mock_response'"):
            proxy.mock_respons("GET", "https://api.example.com/")
        assert not hasattr(proxy, "__wrapped__")

    def test_by_name_or_class(self, verifier: StrictVerifier) -> None:
        assert verifier.plugin("http") is verifier.plugin(HttpPlugin)
        unknown: Any = "htpp"
        with pytest.raises(InvalidArgumentError, match=r"kind='htpp': there is no such plugin \(did you mean 'http'"):
            verifier.plugin(unknown)


class TestByHand:
    def test_a_plugin_joins_the_verifier_that_it_is_made_with(self, verifier: StrictVerifier) -> None:
        clock = ClockPlugin(verifier)
        assert verifier.plugin("clock") is clock
        assert verifier.plugin(ClockPlugin) is clock
        assert repr(clock.now) == "<clock:now>"

    @pytest.mark.parametrize("kind", [ClockPlugin, HttpPlugin, MockPlugin])
    def test_a_second_one_is_refused(self, kind: Any, verifier: StrictVerifier) -> None:
        kind(verifier)
        with pytest.raises(ValueError, match=rf"it has a {kind.__name__} already; get it with verifier\.plugin\("):
            kind(verifier)
        kind(StrictVerifier())


class TestMissingLibrary:
    def test_of_the_matchers(self, tmp_path: Path) -> None:
        script = """
            import sys
            sys.modules["dirty_equals"] = None
            try:
                import bigfoot.matchers
            except ImportError as error:
                print(error)
        """
        assert run(script, tmp_path) == "bigfoot.matchers needs dirty-equals: pip install dirty-equals\n"

    def test_is_an_import_error_with_the_line_that_helps(self) -> None:
        class FaxPlugin(ClockPlugin):
            name = "fax"
            requires = "no_such_library"

        assert not FaxPlugin.available()
        with pytest.raises(ImportError, match=r"bigfoot\.fax needs no_such_library.*: pip install no_such_library"):
            PluginProxy(FaxPlugin).now  # noqa: B018
        assert ClockPlugin.available()
