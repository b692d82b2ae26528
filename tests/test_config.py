"""[tool.bigfoot]: where it is found, what it may say, and who overrides it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from bigfoot import BigfootConfigError, StrictVerifier, UnassertedInteractionsError
from bigfoot import config as settings
from bigfoot.config import Config, read
from bigfoot.plugins.http import HttpPlugin

from .loopback import Loopback

URL = "https://api.example.com/"
WRONG_SECONDS: list[Any] = [0, -1, True, "5", float("inf"), float("nan"), []]


class TestFile:
    def test_is_the_nearest_one_upward(self, tmp_path: Path) -> None:
        inner = tmp_path / "a" / "b"
        inner.mkdir(parents=True)
        (tmp_path / "pyproject.toml").write_text("[tool.bigfoot]\nrequire_all_fields = false\n")
        assert read(inner).require_all_fields is False
        (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'inner'\n")
        assert read(inner).require_all_fields is True
        (inner / "pyproject.toml").mkdir()
        assert read(inner).require_all_fields is True

    def test_is_not_needed(self, tmp_path: Path) -> None:
        assert read(Path(tmp_path.anchor)).table == {}

    def test_that_is_no_toml(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.bigfoot\n")
        with pytest.raises(tomllib.TOMLDecodeError):
            read(tmp_path)

    @pytest.mark.parametrize("text", ["tool = 5", "[tool]\nbigfoot = 5", "[tool]\nbigfoot = []"])
    def test_without_tables(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(BigfootConfigError, match=r"(tool|bigfoot) = .* in .*pyproject\.toml: give a table"):
            read(tmp_path)

    def test_is_read_at_first_use_and_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = settings.session()
        file = tmp_path / "pyproject.toml"
        file.write_text("[tool.bigfoot]\nrequire_all_fields = false\n")
        monkeypatch.chdir(tmp_path)
        try:
            settings.start_session(None)
            assert settings.session().require_all_fields is False
            file.write_text("[tool.bigfoot]\n")
            assert settings.session().require_all_fields is False
            assert StrictVerifier().config is settings.session()
        finally:
            settings.start_session(before)


class TestKeys:
    def test_defaults(self) -> None:
        config = Config()
        assert config.require_all_fields is True
        assert config.show_secrets is False
        assert config.hang_timeout == 5.0
        assert Config({"hang_timeout": 2}).hang_timeout == 2.0
        assert config.flag("http.require_response", False) is False
        assert config.flag("http.require_response", True) is True
        assert config.enables("http")

    def test_unknown_ones_are_ignored(self) -> None:
        assert Config({"unknown": 1, "http": {"unknown": 2}, "later": {"x": []}}).require_all_fields is True

    @pytest.mark.parametrize(
        ("table", "text"),
        [
            ({"require_all_fields": "no"}, "[tool.bigfoot] require_all_fields = 'no': give true or false"),
            ({"require_all_fields": 0}, "[tool.bigfoot] require_all_fields = 0: give true or false"),
            ({"show_secrets": []}, "[tool.bigfoot] show_secrets = []: give true or false"),
            *(
                (
                    {"hang_timeout": value},
                    f"[tool.bigfoot] hang_timeout = {value!r}: give a number of seconds, more than 0",
                )
                for value in WRONG_SECONDS
            ),
            ({"enabled_plugins": "http"}, "[tool.bigfoot] enabled_plugins = 'http': give a list of plugin names"),
            ({"disabled_plugins": [5]}, "[tool.bigfoot] disabled_plugins = [5]: give a list of plugin names"),
            (
                {"enabled_plugins": [], "disabled_plugins": []},
                "[tool.bigfoot] takes enabled_plugins or disabled_plugins, not both",
            ),
        ],
    )
    def test_of_the_wrong_type(self, table: dict[str, Any], text: str) -> None:
        with pytest.raises(BigfootConfigError) as caught:
            Config(table)
        assert str(caught.value) == text

    @pytest.mark.parametrize(
        ("table", "text"),
        [
            ({"http": {"require_response": "yes"}}, "http.require_response = 'yes': give true or false"),
            ({"http": 5}, "http.require_response: 5 stands where a table is expected"),
        ],
    )
    def test_of_a_plugin(self, table: dict[str, Any], text: str) -> None:
        with pytest.raises(BigfootConfigError) as caught:
            HttpPlugin(StrictVerifier(Config(table)))
        assert str(caught.value) == f"[tool.bigfoot] {text}"

    @pytest.mark.parametrize("key", ["enabled_plugins", "disabled_plugins"])
    def test_plugins_that_nobody_has(self, key: str) -> None:
        with pytest.raises(BigfootConfigError, match=rf"{key}: no plugin 'htpp'; there are .*http, .*mock"):
            StrictVerifier(Config({key: ["http", "htpp"]}))


class TestPlugins:
    def test_that_are_not_enabled_do_not_answer(self, server: Loopback) -> None:
        for table in ({"enabled_plugins": ["mock"]}, {"disabled_plugins": ["http"]}):
            verifier = StrictVerifier(Config(table))
            with verifier.sandbox():
                assert httpx.get(f"{server.url}/").status_code == 200
            assert len(verifier.timeline) == 0
        assert server.seen == ["GET /", "GET /"]

    def test_that_are_used_all_the_same_do(self) -> None:
        verifier = StrictVerifier(Config({"disabled_plugins": ["http"]}))
        verifier.plugin("http").mock_response("GET", URL, body="mocked")
        with verifier.sandbox():
            assert httpx.get(URL).text == "mocked"

    @pytest.mark.parametrize("names", [["http"], ("http", "mock"), {"http"}])
    def test_by_any_collection(self, names: Any) -> None:
        assert Config({"enabled_plugins": names}).enables("http")
        assert not Config({"disabled_plugins": names}).enables("http")

    def test_by_the_names_that_they_used_to_have(self) -> None:
        config = Config({"disabled_plugins": ["subprocess", "database", "logging"]})
        assert not config.enables("subprocess_mock")
        assert not config.enables("db_mock")
        assert not config.enables("log_mock")
        assert config.enables("popen_mock")


class TestOverride:
    def test_replaces_keys_and_keeps_the_rest(self) -> None:
        config = Config({"require_all_fields": False, "http": {"require_response": True, "other": 1}})
        other = config.override({"http.require_response": False, "show_secrets": True})
        assert other.table == {
            "require_all_fields": False,
            "http": {"require_response": False, "other": 1},
            "show_secrets": True,
        }
        assert config.table["http"]["require_response"] is True

    def test_of_one_list_of_plugins_sets_aside_the_other(self) -> None:
        config = Config({"enabled_plugins": ["http"]}).override({"disabled_plugins": ["mock"]})
        assert (config.enables("http"), config.enables("mock")) == (True, False)
        with pytest.raises(BigfootConfigError, match="not both"):
            Config().override({"enabled_plugins": [], "disabled_plugins": []})

    def test_makes_the_table_of_a_plugin(self) -> None:
        assert Config().override({"http.require_response": True}).flag("http.require_response", False) is True
        with pytest.raises(BigfootConfigError, match=r"http\.require_response: 5 stands where a table is expected"):
            Config({"http": 5}).override({"http.require_response": True})


@pytest.mark.parametrize(
    ("project", "call", "owed"),
    [(True, None, True), (False, None, False), (True, False, False), (False, True, True), (None, None, False)],
)
def test_require_response(project: bool | None, call: bool | None, owed: bool) -> None:
    verifier = StrictVerifier(Config({} if project is None else {"http": {"require_response": project}}))
    http = HttpPlugin(verifier)
    http.mock_response("GET", URL)
    with verifier.sandbox():
        httpx.get(URL)
    http.assert_request("GET", URL, require_response=call)
    if owed:
        with pytest.raises(UnassertedInteractionsError, match="its response is not asserted"):
            verifier.verify_all()
    else:
        verifier.verify_all()
