"""The clients of libpq: what the plugins of psycopg2 and psycopg have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from bigfoot.fake import Source
from bigfoot.interaction import Interaction
from bigfoot.session import Session, SessionStep
from bigfoot.transports import libpq
from bigfoot.transports.libpq_calls import Attempt, Call, Conversation

from .libpq_results import check_step
from .libpq_script import LibpqScript
from .libpq_through import Through
from .postgres_dsn import Dsn
from .postgres_errors import FIELDS, Failure
from .postgres_fake import PostgresFake
from .postgres_steps import first_line, made

_LETTERS = {name: letter for letter, name in FIELDS.items()}


class LibpqPlugin(PostgresFake[Session]):
    """The base of the plugins whose clients are built on libpq.

    Attributes:
        library: the module of `transports` that knows the client library.
        bare: the names of the fields of a statement, and of its parameters.
        row_steps: the steps that may give rows.
    """

    library: ClassVar[Any]
    bare: ClassVar[tuple[str, str]]
    row_steps: ClassVar[tuple[str, ...]]
    conversation: ClassVar[type[LibpqScript]] = LibpqScript

    def answer(self, call: Attempt) -> Conversation:
        details = dict(call.details)
        if details.get("dsn"):
            details["dsn"] = Dsn(details["dsn"])
        session = self.begin(lambda session: session.next_is("connect"))
        if session is None:
            if any(call.fits(rule) for rule in self._through):
                return Through(self, details, call.origin)
            raise self.refusal("connect", details, origin=call.origin)
        step = session.take("connect", details, origin=call.origin)
        if step.raises is not None:
            raise made(step.raises)
        connect = Call("connect", details)
        connect.origin = call.origin
        return self.conversation(self, session, connect, step.options)

    def refuse_start(self, attempt: Call, parameters: Mapping[str, str]) -> Failure:
        """Return the error for whoever comes to the private socket uninvited."""
        error = self.refusal("connect", attempt.details, origin=attempt.origin)
        return Failure("57P03", first_line(error), severity="FATAL")

    def statement(self, sql: str) -> dict[str, Any]:
        """Return the fields of a statement of which only the text is known."""
        return dict(zip(self.bare, (sql, None), strict=True))

    def failure_of(self, raises: BaseException | type[BaseException]) -> Failure | None:
        """Return what a server says for the client to raise this; None if no server makes it raise it."""
        reported = self.library.report(raises)
        if reported is None:
            return None
        sqlstate, text, more = reported
        return Failure(sqlstate, text, {_LETTERS[name]: value for name, value in more.items() if name in _LETTERS})

    def breaks(self, error: BaseException) -> bool:
        """Tell whether an exception means that the connection is lost."""
        lost = isinstance(error, (OSError, EOFError)) and not isinstance(error, TimeoutError)
        return lost or bool(self.library.breaks(error))

    def settle(self) -> None:
        libpq.settle()

    def check(self, step: SessionStep) -> None:
        check_step(step, self.row_steps)

    def fields(self, interaction: Interaction) -> tuple[str, ...]:
        if interaction.source_id.endswith((":connect", ":copy_expert", ":copy")):
            return tuple(interaction.details)  # those that there are
        return super().fields(interaction)

    def extras(self, interaction: Interaction) -> dict[str, Any]:
        answer = interaction.answer
        return answer if isinstance(answer, dict) else {}

    def client(self, interaction: Interaction) -> str | None:
        client: str = self.library.installed()
        return client

    def assert_connect(self, **expected: Any) -> None:
        """Assert the next connection: those of dsn, host, port, dbname and user that the code gave.

        A password in a DSN is kept as a digest; the DSN equals the one that it was made of.
        """
        self.verifier.assert_interaction(Source(f"{self.source}:connect"), **expected)

    def assert_commit(self) -> None:
        """Assert the next commit."""
        self.verifier.assert_interaction(Source(f"{self.source}:commit"))

    def assert_rollback(self) -> None:
        """Assert the next rollback."""
        self.verifier.assert_interaction(Source(f"{self.source}:rollback"))

    def assert_close(self) -> None:
        """Assert the next `close`."""
        self.verifier.assert_interaction(Source(f"{self.source}:close"))
