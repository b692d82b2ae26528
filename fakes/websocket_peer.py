"""The far end of a WebSocket session: it takes what the script lets the client send, and sends what it is to receive.

What the script lets the server do (a message, a ping, closing) is done as soon as the script is there: a server does
not wait until somebody reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bigfoot.errors import BigfootError, EndlessWaitError, UnmockedInteractionError
from bigfoot.origin import Origin, caller
from bigfoot.session import Session, SessionStep
from bigfoot.transports.dial import Call, Dial, Peer
from bigfoot.transports.http import HttpReply
from bigfoot.urls import Url
from bigfoot.values import Body, Headers

from . import websocket_script as script
from .http_reply import build
from .socket_peer import raised
from .websocket_wire import ABNORMAL, Closing, Endpoint, Event, Handshake, Message, Ping

if TYPE_CHECKING:
    from .websocket_sessions import WebSocketSessions

_DEFAULT_PORTS = {"ws": 80, "wss": 443}


class Unsent:
    """A message that the client never got round to send: it was told before that the connection is closed."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (str, bytes))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "..."


class WebSocketPeer(Peer):
    """Plays a session, which it finds when the handshake is there.

    Arguments:
        plugin: whose session it is.
    """

    def __init__(self, plugin: WebSocketSessions) -> None:
        self._plugin = plugin
        self._endpoint = Endpoint()
        self._session: Session | None = None
        self._over = False  # one side has begun to close, or is gone: the script goes on no more
        self._gone = False  # nothing that the client says is listened to
        self._origin: Origin | None = None
        self._silent: SessionStep | None = None  # the step that lets the client wait in vain
        self._foretold: SessionStep | None = None  # the `send` whose failure the client knows before it sends

    def received(self, data: bytes) -> None:
        if self._gone:
            return
        self._silent = None
        self._origin = self.wire.origin or caller()  # of the client's send, and of what comes of it
        try:
            for event in self._endpoint.receive(data):
                self._meet(event)
                self._play()
            self._flush()
        except BigfootError as error:
            self._refuse(error)
            if self.wire.raises:
                raise

    def ended(self) -> None:
        self._origin = self.wire.origin or caller()
        self._leave(ABNORMAL, "")
        if not self._gone:
            self._endpoint.receive_eof()
            self._flush()
        self.wire.close()

    def reading(self, call: Call) -> None:
        if self._over or self._session is None or self.wire.unread or not self.wire.alone:
            return
        self._origin = self.wire.origin or caller()
        step, self._silent = self._silent, None
        error: BigfootError
        if step is None:
            error = self._plugin.refusal("recv", {}, session=self._session, step=self._session.peek())
        elif call.stream:  # a loop without a timer
            error = self._plugin.verifier.refuse(EndlessWaitError(f"{self._plugin.source}:recv"))
        else:
            self._play()
            self._flush()
            raise raised(step.raises or TimeoutError)
        self._refuse(error)
        if not call.stream:
            raise error

    def _flush(self) -> None:
        data, ended = self._endpoint.outgoing()
        if data:
            self.wire.send(data)
        if ended:
            self.wire.close()

    def _refuse(self, error: BigfootError) -> None:
        """Tell the client in the protocol that nothing was promised; the verdict knows already."""
        self._over = True
        text = str(error).partition("\n")[0]
        if self._endpoint.accepted:
            self._endpoint.fail(f"bigfoot: {text}")
            self._flush()
        else:
            # 501 is no status that clients try again after; 500 and 503 are.
            self._reject(build({"status": 501, "text": f"bigfoot: {text}\n"}))

    def _reject(self, reply: HttpReply) -> None:
        self._over = self._gone = True
        self.wire.send(reply.wire("GET"))
        self.wire.close()

    def _take(self, name: str, details: Mapping[str, Any]) -> SessionStep:
        assert self._session is not None
        return self._session.take(name, details, origin=self._origin)

    def _meet(self, event: Event) -> None:
        """Take the step for what the client has done."""
        if isinstance(event, Handshake):
            self._open(event)
        elif isinstance(event, Message):
            self._foretold = None
            step = self._take("send", {"message": event.data, "binary": event.binary})
            if step.raises is not None and not self._over:
                self._fail(step)
        elif isinstance(event, Ping):
            self._pinged(event)
        elif self._over:
            self._leave(event.code, event.reason)
        else:
            self._closed(event)

    def _open(self, handshake: Handshake) -> None:
        headers = Headers([(name.encode(), value.encode()) for name, value in handshake.headers])
        uri = Url(_uri(self.wire.dial, headers.get("host", ""), handshake.target, secure=self.wire.tls is not None))
        offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",") if name.strip()]
        session = self._session = self._plugin.found(self.wire.dial, uri)
        if session is None:
            raise self._unmocked(uri)
        if not self._endpoint.sound:
            self._over = self._gone = True
            self._endpoint.decline()
            return
        step = self._take("connect", {"uri": uri, "headers": headers, "subprotocols": offered})
        answer = script.acceptance(step) if step.raises is None else script.event(step.raises)
        if isinstance(answer, HttpReply):
            self._reject(answer)
        elif isinstance(answer, script.Acceptance):
            self._endpoint.accept(answer.subprotocol, answer.headers)
        else:
            self._over = self._gone = True
            self.wire.close()

    def _unmocked(self, uri: Url) -> UnmockedInteractionError:
        left = [str(session.binding["uri"]) for session in self._plugin.queued() if "uri" in session.binding]
        notes = [f"sessions are left for {', '.join(left)}"] if left else []
        return self._plugin.refusal("connect", {"uri": uri}, origin=self._origin, notes=notes)

    def _pinged(self, ping: Ping) -> None:
        """Take a ping that is scripted; any other one is answered unasked, as keepalives are."""
        assert self._session is not None
        step = self._session.peek()
        if self._over or step is None or step.name != "ping" or script.ping(step) is not None:
            return
        self._take("ping", {"data": Body(ping.data)})
        if step.raises is not None:
            self._endpoint.withhold()
            self._fail(step)

    def _closed(self, closing: Closing) -> None:
        step = self._take("close", {"code": closing.code, "reason": closing.reason})
        self._over = True
        if step.raises is not None:
            self._endpoint.withhold()
            self._fail(step)

    def _leave(self, code: int, reason: str) -> None:
        """Note that the client answers our close frame, or is gone without one."""
        self._over = True
        session = self._session
        if session is None:
            return
        if self._foretold is not None:
            self._foretold = None
            self._take("send", {"message": Unsent(), "binary": False})
        step = session.peek()
        if step is not None and step.name == "close" and step.returns is None:
            self._take("close", {"code": code, "reason": reason})

    def _play(self) -> None:
        """Do what the script lets the server do next."""
        while self._session is not None and not self._over and self._silent is None:
            step = self._session.peek()
            if step is None:
                return
            if step.name == "recv":
                self._push(step)
            elif step.name == "ping" and step.returns is not None:
                data = script.ping(step) or b""
                self._take("ping", {"data": Body(data)})
                self._endpoint.ping(data)
            elif step.name == "close" and step.returns is not None:
                self._shut(step)
            else:
                self._foretell(step)
                return

    def _push(self, step: SessionStep) -> None:
        if step.raises is not None:
            self._take("recv", {"message": None, "binary": False})
            self._fail(step)
            return
        fragments, binary = script.fragments(step)
        self._take("recv", {"message": b"".join(fragments), "binary": binary})
        self._endpoint.send(fragments, binary=binary)

    def _shut(self, step: SessionStep) -> None:
        how = script.shut(step)
        assert how is not None
        self._take("close", {"code": how.code, "reason": how.reason})
        self._endpoint.close(how.code, how.reason)
        self._over = True

    def _foretell(self, step: SessionStep) -> None:
        """Bring about ahead what makes the client's next `send` fail: no client raises there what it has not read."""
        if step.name != "send" or step.raises is None:
            return
        event = script.event(step.raises)
        if isinstance(event, script.Shut) or (isinstance(event, script.Lost) and not self.wire.raises):
            self._foretold = step
            self._cause(event)

    def _fail(self, step: SessionStep) -> None:
        """Bring about the exception of a step that was taken."""
        assert step.raises is not None
        event = script.event(step.raises)
        if step.name == "send" and self.wire.raises:
            self._over = True
            self._flush()
            raise raised(step.raises)
        if isinstance(event, script.Silence):
            self._silent = step
        else:
            self._cause(event)

    def _cause(self, event: script.Event) -> None:
        self._over = True
        if isinstance(event, script.Shut):
            self._endpoint.close(event.code, event.reason)
            return
        self._gone = not isinstance(event, HttpReply)
        self._flush()
        if isinstance(event, script.Failure):
            self.wire.fail(event.error)
        else:
            self.wire.close()


def _uri(dial: Dial, host: str, target: str, *, secure: bool) -> str:
    """Return the URI as the user named it: the address that is dialled may be a proxy's, or a resolved one."""
    scheme = "wss" if secure else "ws"
    name, _, port = host.rpartition(":") if host.rpartition(":")[2].isdigit() else (host, "", "")
    if not name:
        name = f"[{dial.host}]" if ":" in dial.host else dial.host
    if not port and name.strip("[]").lower() == dial.host.lower():
        port = str(dial.port)  # websocket-client leaves 80 and 443 out of the header, by any scheme
    authority = name if not port or int(port) == _DEFAULT_PORTS[scheme] else f"{name}:{port}"
    return f"{scheme}://{authority}{target}"
