"""Sessions, by a protocol of three steps: what a script may say, and what becomes of its steps."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bigfoot import InvalidArgumentError, InvalidStateError, StrictVerifier, UnmockedInteractionError, UnusedMocksError
from bigfoot.interaction import Interaction
from bigfoot.session import Kind, Session, SessionFake, SessionStep


class Phone(SessionFake[Session]):
    """Dials, talks, hangs up."""

    name = "phone"
    source = "phone"
    initial = "idle"
    table = (
        Kind("dial", ("number",), ("idle",), "busy"),
        Kind("talk", ("words",), ("busy",), returns="what is answered"),
        Kind("hang_up", (), ("busy",), "idle"),
    )

    def new_session(self, number: str | None = None) -> Session:
        return self._add_session(number=number)

    def check(self, step: SessionStep) -> None:
        if "loudly" not in step.options:
            super().check(step)


@pytest.fixture
def phone(verifier: StrictVerifier) -> Phone:
    return Phone(verifier)


def begun(phone: Phone, session: Session) -> Session:
    assert phone.begin() is session
    return session


class TestAScript:
    def test_chains(self, phone: Phone) -> None:
        session = phone.new_session()
        assert (
            session.expect("dial", returns=None).expect("talk", returns="hi").expect("hang_up", returns=None) is session
        )

    @pytest.mark.parametrize("name", ["dail", "", None, 5])
    def test_has_known_steps_only(self, phone: Phone, name: Any) -> None:
        with pytest.raises(InvalidArgumentError, match="there are dial, talk, hang_up"):
            phone.new_session().expect(name, returns=None)

    def test_says_which_step_may_be_meant(self, phone: Phone) -> None:
        with pytest.raises(InvalidArgumentError, match="did you mean 'dial'"):
            phone.new_session().expect("dail", returns=None)

    def test_says_what_a_step_gives(self, phone: Phone) -> None:
        session = phone.new_session().expect("dial", returns=None)
        with pytest.raises(InvalidArgumentError, match="say what 'talk' gives: what is answered"):
            session.expect("talk")

    @pytest.mark.parametrize("raises", ["an error", 5, str])
    def test_raises_exceptions_only(self, phone: Phone, raises: Any) -> None:
        with pytest.raises(InvalidArgumentError, match="raises"):
            phone.new_session().expect("dial", raises=raises)

    def test_has_no_options_that_the_protocol_does_not_know(self, phone: Phone) -> None:
        with pytest.raises(InvalidArgumentError, match="'dial' takes returns, raises and required"):
            phone.new_session().expect("dial", returns=None, softly=True)
        assert phone.new_session().expect("dial", returns=None, loudly=True).next_is("dial")

    def test_follows_the_states(self, phone: Phone) -> None:
        with pytest.raises(InvalidStateError) as caught:
            phone.new_session().expect("talk", returns="hi")
        assert (caught.value.current_state, caught.value.valid_states) == ("idle", frozenset({"busy"}))

    def test_may_go_on_from_either_side_of_an_optional_step(self, phone: Phone) -> None:
        session = phone.new_session().expect("dial", returns=None).expect("hang_up", returns=None, required=False)
        session.expect("talk", returns="hi")
        assert session.upcoming("talk") is None  # a required step comes first


class TestTaking:
    def test_uses_the_steps_in_order_and_leaves_interactions(self, verifier: StrictVerifier, phone: Phone) -> None:
        session = phone.new_session().expect("dial", returns=None).expect("talk", returns="hi", required=False)
        session.expect("talk", returns="again").expect("hang_up", raises=OSError("odd"))
        begun(phone, session)
        settled: list[SessionStep] = []
        session.take("dial", {"number": "1"}, settle=settled.append)
        assert [session.take("talk", {"words": word}).returns for word in ("a", "b")] == ["hi", "again"]
        last = session.take("hang_up", {})
        assert (settled[0].name, session.peek(), session.state) == ("dial", None, "idle")
        assert [interaction.how for interaction in verifier.timeline] == ["mock", "mock", "mock", "error"]
        assert last.interaction is list(verifier.timeline)[-1]
        verifier.assert_interaction(phone.dial, number="1")  # type: ignore[attr-defined]
        assert [dict(interaction.details) for interaction in verifier.timeline] == [
            {"number": "1"},
            {"words": "a"},
            {"words": "b"},
            {},
        ]

    def test_passes_over_optional_steps(self, phone: Phone) -> None:
        session = phone.new_session().expect("dial", returns=None).expect("talk", returns="", required=False)
        begun(phone, session.expect("hang_up", returns=None)).take("dial", {"number": "1"})
        assert session.upcoming("hang_up") is not None
        assert session.upcoming("dial") is None
        assert session.take("hang_up", {}).name == "hang_up"
        assert session.upcoming("talk") is None

    def test_is_refused_in_the_wrong_state(self, verifier: StrictVerifier, phone: Phone) -> None:
        session = begun(phone, phone.new_session().expect("dial", returns=None))
        with pytest.raises(InvalidStateError):
            session.take("talk", {"words": "hi"})
        assert len(verifier.timeline) == 0
        assert len(verifier.verdict.breaches) == 1

    def test_is_refused_for_another_step(self, phone: Phone) -> None:
        session = phone.new_session().expect("dial", returns=None).expect("talk", returns="hi")
        begun(phone, session).take("dial", {"number": "1"})
        with pytest.raises(UnmockedInteractionError, match=r"promises .expect\('talk', returns='hi'\) next") as caught:
            session.take("hang_up", {})
        assert '.expect("hang_up", returns=None)' in caught.value.hint
        assert session.next_is("talk")

    def test_is_refused_at_the_end_of_the_script(self, phone: Phone) -> None:
        session = begun(phone, phone.new_session().expect("dial", returns=None))
        session.take("dial", {"number": "1"})
        with pytest.raises(UnmockedInteractionError, match="has no step left"):
            session.take("talk", {"words": "hi"})

    def test_is_refused_without_a_session(self, verifier: StrictVerifier, phone: Phone) -> None:
        error = phone.refusal("talk", {"words": "hi"}, notes=["a note"])
        assert "no session is left for it" in error.hint
        assert "a note" in error.hint
        assert '.expect("dial", returns=None)\n        .expect("talk", returns=...)' in error.hint
        assert verifier.verdict.breaches == [error]

    def test_gives_each_step_to_one_thread(self, verifier: StrictVerifier, phone: Phone) -> None:
        session = phone.new_session().expect("dial", returns=None)
        for number in range(200):
            session.expect("talk", returns=number)
        begun(phone, session).take("dial", {"number": "1"})
        got: list[int] = []

        def talk() -> None:
            for _ in range(50):
                got.append(session.take("talk", {"words": ""}).returns)

        threads = [threading.Thread(target=talk) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == list(range(200))
        assert session.wanting() == []

    def test_leaves_the_rest_of_a_step(self, verifier: StrictVerifier, phone: Phone) -> None:
        session = begun(phone, phone.new_session().expect("dial", returns=None))
        step = session.take("dial", {"number": "1"})
        rest = session.leave("talk", {"words": "rest"}, step=step, optional=True)
        assert isinstance(rest, Interaction)
        assert (rest.source_id, rest.answer, rest.optional) == ("phone:talk", step, True)
        verifier.assert_interaction(phone.dial, number="1")  # type: ignore[attr-defined]
        verifier.verify_all()


class TestThePlugin:
    def test_gives_bound_sessions_first(self, phone: Phone) -> None:
        free, bound = phone.new_session(), phone.new_session("112")
        assert phone.queued() == [free, bound]
        assert bound.binding == {"number": "112"}
        assert phone.begin(lambda session: session.binding.get("number") == "113") is None
        assert phone.begin() is bound
        assert phone.begin() is free
        assert phone.begin() is None

    def test_misses_what_was_not_used(self, verifier: StrictVerifier, phone: Phone) -> None:
        session = phone.new_session().expect("dial", returns=None).expect("talk", raises=OSError)
        phone.new_session().expect("dial", returns=None, required=False)
        begun(phone, session).take("dial", {"number": "1"})
        verifier.assert_interaction(phone.dial, number="1")  # type: ignore[attr-defined]
        with pytest.raises(UnusedMocksError) as caught:
            verifier.verify_all()
        assert [step.describe() for step in caught.value.mocks] == [".expect('talk', raises=<class 'OSError'>)"]

    def test_writes_its_interactions(self, phone: Phone) -> None:
        step = begun(phone, phone.new_session().expect("dial", returns=None)).take("dial", {"number": "1"})
        assert step.interaction is not None
        assert phone.fields(step.interaction) == ("number",)
        assert phone.summary(step.interaction) == "phone:dial(number='1')"
        assert phone.assertion(step.interaction) == "bigfoot.phone.assert_dial(number='1')"

    def test_draws_its_states(self) -> None:
        assert Phone.diagram().splitlines() == [
            "stateDiagram-v2",
            "    [*] --> idle",
            "    idle --> busy: dial",
            "    busy --> busy: talk",
            "    busy --> idle: hang_up",
        ]


class TestManySessions:
    def test_are_taken_in_order_wherever_they_are_looked_for(self, phone: Phone) -> None:
        for number in ("1", None, "2", None, "1"):
            phone.new_session(number)
        taken = [phone.begin() for _ in range(5)]
        assert [session.binding.get("number") for session in taken if session] == ["1", "2", "1", None, None]
        assert phone.begin() is None

    def test_those_that_do_not_match_stay(self, phone: Phone) -> None:
        sessions = [phone.new_session() for _ in range(4)]
        assert phone.begin(lambda session: session in sessions[2:]) is sessions[2]
        assert phone.first() is sessions[0]
        assert phone.queued() == [sessions[0], sessions[1], sessions[3]]

    def test_only_those_of_the_same_place_are_looked_at(self, verifier: StrictVerifier) -> None:
        plugin = verifier.plugin("socket_mock")
        sessions = [plugin.new_session(f"host{number}", 7) for number in range(100)]
        free = plugin.new_session()
        looked: list[Session] = []

        def notes(session: Session) -> bool:
            looked.append(session)
            return True

        places = (("host70", 7), ("host70", None), (None, 7), (None, None))
        assert plugin.begin(notes, places) is sessions[70]
        assert looked == [sessions[70], free]
        assert plugin.begin(notes, places) is free
        assert plugin.begin(notes, places) is None
