"""Answering HTTP: from a request to the mock that is meant for it, or on to the real server, or to an explanation."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from bigfoot import report
from bigfoot.errors import InvalidArgumentError, UnmockedInteractionError
from bigfoot.interaction import Interaction
from bigfoot.masking import masked
from bigfoot.origin import caller
from bigfoot.transports.http import BELOW, HttpReply, HttpRequest, PassThrough
from bigfoot.transports.http_delivery import Deferred, deliver

from . import http_reply
from .http_explain import near_misses
from .http_mount import run_apart
from .http_record import SOURCE, shown_url
from .http_request import Request
from .http_routes import Mock, Routes, Rule
from .http_upgrade import SESSION, is_scripted, upgrades

if TYPE_CHECKING:
    from bigfoot.fake import Fake


class Answering:
    """What one verifier has promised to HTTP clients, and how they get it.

    Arguments:
        plugin: whose interactions it leaves.

    Attributes:
        routes: the mocks.
        rules: what passes through where no mock answers.
    """

    def __init__(self, plugin: Fake) -> None:
        self.routes = Routes()
        self.rules: list[Rule] = []
        self._plugin = plugin
        self._verifier = plugin.verifier
        self._timeline = plugin.verifier.timeline
        self._lock = self._timeline.lock

    def answer(self, call: HttpRequest) -> Interaction | None:
        """Return the interaction with the answer; None where the body of the request is needed to tell.

        Raises:
            UnmockedInteractionError: nothing was promised for the request.
            Exception: what a mock was scripted to raise, or what a callback raised.
        """
        if call.body is None and not self._surely_passes(call):
            return None
        interaction = Interaction(SOURCE, self._plugin, call, None, "mock", call.origin or caller(3))
        mock = None
        if call.body is not None:
            with self._lock:
                mock = self.routes.take(call.method, call.url)
                if mock is not None:
                    self._record(mock, interaction)
            if mock is None:
                mock = self._search(call, interaction)
        if mock is not None:
            if interaction.answer is None:
                self._give(mock, call, interaction)
            return interaction
        if any(rule.passes(call) for rule in self.rules):
            passed = PassThrough()
            passed.interaction = interaction
            interaction.how = "pass-through"
            interaction.answer = passed
            self._timeline.append(interaction)
            return interaction
        if upgrades(call) and is_scripted(self._verifier, call):
            interaction.answer = BELOW
            return interaction
        raise self._verifier.refuse(self._unmocked(call, interaction))

    def _record(self, mock: Mock, interaction: Interaction) -> None:
        """Put the call on the timeline; the lock is held."""
        reply = mock.reply
        if reply is not None and reply.plain:
            interaction.answer = reply
        if mock.pattern is not None:
            interaction.call.named = mock.path_params
        if mock.used <= 3:  # enough to say who used it up
            mock.answered.append(interaction.origin)
        self._timeline.add(interaction)

    def _search(self, call: HttpRequest, interaction: Interaction) -> Mock | None:
        """Use the first mock that answers the call, where telling takes user code: matchers, callables."""
        lock = self._lock
        with lock:
            candidates = self.routes.candidates(call.method, call.url)
        for mock, queue in candidates:
            request = Request(call, mock.path_params(call.url))
            if not all(criterion.meets(request) for criterion in mock.criteria):
                continue
            with lock:
                if mock.left != 0 and (mock.group is None or mock.group.admits(mock)):
                    queue.use(mock)
                    self._record(mock, interaction)
                    return mock
        return None

    def _give(self, mock: Mock, call: HttpRequest, interaction: Interaction) -> None:
        """Make the answer of a call that is on the timeline. Runs user code: callbacks."""
        if mock.raises is not None:
            self._fail(interaction, mock.raises if isinstance(mock.raises, BaseException) else mock.raises())
        try:
            if mock.callback is None:
                assert mock.reply is not None
                deliver(interaction, mock.reply)
                return
            made = mock.callback(Request(call, mock.path_params(call.url)))
            if not isinstance(made, Awaitable):
                deliver(interaction, reply_of(made))
            elif call.awaits:
                interaction.answer = Deferred(interaction, made, reply_of)
            elif getattr(mock.callback, "anywhere", False):
                deliver(interaction, reply_of(run_apart(made)))
            else:
                if isinstance(made, Coroutine):
                    made.close()
                remedy = f"{call.client} cannot wait for it: give a plain function"
                raise InvalidArgumentError("callback", mock.callback, remedy)
        except BaseException as error:
            self._fail(interaction, error)

    @staticmethod
    def _fail(interaction: Interaction, error: BaseException) -> NoReturn:
        interaction.how = "error"
        interaction.answer = error
        interaction.done()
        raise error

    def _surely_passes(self, call: HttpRequest) -> bool:
        if not self.rules or not any(rule.passes(call) for rule in self.rules):
            return False
        with self._lock:
            return not self.routes.candidates(call.method, call.url)

    def _unmocked(self, call: HttpRequest, interaction: Interaction) -> UnmockedInteractionError:
        url = shown_url(call.url)
        arguments = {"json": report.Raw("{}")}
        # A mock must be told its URL; one that has a secret in its query is answered by its base as well.
        told = url if masked(url) == url else url.partition("?")[0]
        fix = report.statement("bigfoot.http.mock_response", arguments, repr(call.method), report.source(told))
        with self._lock:
            everything = self.routes.everything()
        notes = [*near_misses(everything, Request(call)), *([SESSION] if upgrades(call) else [])]
        hint = report.unmocked(f"{call.method} {url}", origin=interaction.origin, fix=fix, notes=notes)
        return UnmockedInteractionError(SOURCE, (call.method, url), {}, hint)


def reply_of(made: Any) -> HttpReply:
    """Return the reply that the result of a callback describes.

    Raises:
        InvalidArgumentError: it is no answer.
    """
    if isinstance(made, HttpReply):
        return made
    if not isinstance(made, Mapping):
        raise InvalidArgumentError("callback", made, 'return an answer, such as {"status": 201, "json": {}}')
    return http_reply.build(made)
