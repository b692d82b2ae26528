"""What the steps of a script come to on the wire: replies, recipients refused one by one, or the end of the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bigfoot import report
from bigfoot.errors import InvalidArgumentError
from bigfoot.session import SessionStep

from .socket_peer import raised

MAIL: Final = ("sendmail", "send_message")


class Reply(NamedTuple):
    """A reply of the server: its code, and its text without codes, a line or several."""

    code: int
    text: bytes

    def encode(self) -> bytes:
        """Return the reply as it stands on the wire."""
        *lines, last = [line.rstrip(b"\r") for line in self.text.split(b"\n")]
        return b"".join(b"%d-%b\r\n" % (self.code, line) for line in lines) + b"%d %b\r\n" % (self.code, last)

    @property
    def good(self) -> bool:
        """Whether it says that what was asked for was done."""
        return 200 <= self.code < 300


OK: Final = Reply(250, b"OK")
NO_SYNTAX: Final = Reply(501, b"5.5.4 Syntax error in parameters")
HELLO_FIRST: Final = Reply(503, b"5.5.1 Error: send HELO first")
_USUAL: Final[dict[str, Reply]] = {
    "connect": Reply(220, b"Service ready"),
    "starttls": Reply(220, b"Ready to start TLS"),
    "login": Reply(235, b"2.7.0 Authentication successful"),
    "quit": Reply(221, b"Bye"),
    "vrfy": Reply(252, b"Cannot VRFY user, but will accept message and attempt delivery"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens on the wire at a step.

    Attributes:
        reply: the reply to its command; of a mail, to its content.
        sender: the reply to MAIL, if the sender is refused.
        refused: the replies to RCPT, by the addresses that are refused.
        others: the reply to RCPT for all other addresses, if they are refused too.
        fault: what the line fails with in the place of the reply; `EOFError` where it is hung up.
        lasting: whether a second way to ask for the same is refused as well (HELO after EHLO).
    """

    reply: Reply
    sender: Reply | None = None
    refused: Mapping[str, Reply] = field(default_factory=dict)
    others: Reply | None = None
    fault: BaseException | None = None
    lasting: bool = False

    def refusal(self, address: str) -> Reply | None:
        """Return the reply that refuses a recipient, or None if it is welcome."""
        return self.refused.get(address.lower(), self.others)


def usual(name: str) -> Reply:
    """Return the reply to a command that the script says nothing of."""
    return _USUAL.get(name, OK)


def outcome(step: SessionStep) -> Outcome:
    """Return what a step comes to.

    Raises:
        InvalidArgumentError: no server can bring it about.
    """
    reply = usual(step.name) if step.options.get("reply") is None else _reply("reply", step.options["reply"])
    if step.raises is not None:
        return _raised(step.name, step.raises, reply)
    if step.name in MAIL:
        return Outcome(reply, refused=_refused("returns", step.returns or {}))
    return Outcome(reply if step.returns is None else _reply("returns", step.returns))


def _reply(parameter: str, value: Any) -> Reply:
    match value:
        case (int(code), str() | bytes() as text) if 200 <= code < 600 and not isinstance(code, bool):
            return Reply(code, text.encode() if isinstance(text, str) else text)
    raise InvalidArgumentError(parameter, value, 'give the code and the text of a reply, such as (250, b"OK")')


def _refused(parameter: str, value: Any) -> dict[str, Reply]:
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(
            parameter, value, 'give the refused recipients, such as {"bob@example.com": (550, b"no")}, or {}'
        )
    found = {}
    for address, given in value.items():
        if not isinstance(address, str):
            raise InvalidArgumentError(parameter, value, f"{address!r} is no address")
        reply = _reply(parameter, given)
        if reply.code < 400:
            raise InvalidArgumentError(parameter, value, f"the code {reply.code} refuses nobody; 4xx and 5xx do")
        found[address.lower()] = reply
    return found


def _of(error: BaseException | type[BaseException], code: int, text: bytes) -> Reply:
    """Return the reply that an exception tells of; of a class, the usual one."""
    if isinstance(error, type):
        return Reply(code, text)
    # smtplib has smtp_code and smtp_error, aiosmtplib code and message.
    given = (
        getattr(error, "smtp_code", getattr(error, "code", None)),
        getattr(error, "smtp_error", getattr(error, "message", None)),
    )
    reply = _reply("raises", given)
    if reply.code < 400:
        raise InvalidArgumentError("raises", error, f"the code {reply.code} is no error; errors are 4xx and 5xx")
    return reply


Make = Callable[[BaseException | type[BaseException], Reply], Outcome]


def _answers(code: int, text: bytes, *, lasting: bool = False) -> Make:
    return lambda error, _: Outcome(_of(error, code, text), lasting=lasting)


def _sender(error: BaseException | type[BaseException], usual: Reply) -> Outcome:
    return Outcome(usual, sender=_of(error, 550, b"Sender refused"))


def _recipients(error: BaseException | type[BaseException], usual: Reply) -> Outcome:
    everyone = Reply(550, b"Recipient refused")
    given = getattr(error, "recipients", {}) if not isinstance(error, type) else {}
    if isinstance(given, list):  # aiosmtplib has an exception for each
        return Outcome(usual, refused={one.recipient.lower(): _of(one, *everyone) for one in given}, others=everyone)
    return Outcome(usual, refused=_refused("raises", given), others=everyone)


def _recipient(error: BaseException | type[BaseException], usual: Reply) -> Outcome:
    reply = _of(error, 550, b"Recipient refused")
    address = getattr(error, "recipient", None)
    return Outcome(usual, refused={address.lower(): reply} if isinstance(address, str) else {}, others=reply)


def _unreachable(error: BaseException | type[BaseException], usual: Reply) -> Outcome:
    if _library(error) == "aiosmtplib":  # there it says that no connection came about
        return Outcome(usual, fault=raised(ConnectionRefusedError))
    return Outcome(_of(error, 421, b"Service not available"))


def _library(error: BaseException | type[BaseException]) -> str:
    kind = error if isinstance(error, type) else type(error)
    return kind.__module__.partition(".")[0]


def _hangs_up(error: BaseException | type[BaseException], usual: Reply) -> Outcome:
    return Outcome(usual, fault=EOFError("hung up"))


def _silent(error: BaseException | type[BaseException], usual: Reply) -> Outcome:
    return Outcome(usual, fault=TimeoutError("timed out"))


_EVERY: Final = ("connect", "ehlo", "helo", "starttls", "login", *MAIL, "noop", "rset", "vrfy", "quit")
# The exceptions of smtplib and aiosmtplib by name: the steps at which a client raises them, and what makes it do so.
_EXCEPTIONS: Final[dict[str, tuple[tuple[str, ...], Make]]] = {
    "SMTPConnectError": (("connect",), _unreachable),
    "SMTPConnectResponseError": (("connect",), _answers(421, b"Service not available")),
    "SMTPHeloError": (("ehlo", "helo"), _answers(550, b"Requested action not taken", lasting=True)),
    "SMTPAuthenticationError": (("login",), _answers(535, b"5.7.8 Authentication credentials invalid")),
    "SMTPSenderRefused": (MAIL, _sender),
    "SMTPRecipientRefused": (MAIL, _recipient),
    "SMTPRecipientsRefused": (MAIL, _recipients),
    "SMTPDataError": (MAIL, _answers(554, b"Transaction failed")),
    "SMTPServerDisconnected": (_EVERY, _hangs_up),
    "SMTPTimeoutError": (_EVERY, _silent),
    "SMTPResponseException": (_EVERY, _answers(554, b"Transaction failed", lasting=True)),
}


def _raised(name: str, error: BaseException | type[BaseException], usual: Reply) -> Outcome:
    kind = error if isinstance(error, type) else type(error)
    for ancestor in kind.__mro__:
        if ancestor.__name__ in _EXCEPTIONS and _library(ancestor) in ("smtplib", "aiosmtplib"):
            steps, make = _EXCEPTIONS[ancestor.__name__]
            if name not in steps:
                raise InvalidArgumentError(
                    "raises", error, f"no client raises it at {name!r}, but at {', '.join(steps)}"
                )
            return make(error, usual)
    # smtplib's exceptions are OSErrors all of them.
    if issubclass(kind, (OSError, EOFError)) and _library(kind) not in ("smtplib", "aiosmtplib"):
        return Outcome(usual, fault=raised(error))
    known = ", ".join(_EXCEPTIONS)
    raise InvalidArgumentError(
        "raises",
        error,
        f"no reply of a server makes a client raise it{report.meant(kind.__name__, _EXCEPTIONS)}; smtplib and "
        f"aiosmtplib have {known}, and the wire has the exceptions of the operating system",
    )
