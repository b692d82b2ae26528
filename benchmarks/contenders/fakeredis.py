from __future__ import annotations

from . import Contender


class Fakeredis(Contender):
    """Redis in memory, without a script: it stands beside the others where the client is redis."""

    name = "fakeredis"
    requires = "fakeredis"
    clients = frozenset()
    cannot = dict.fromkeys(("registration", "sandbox", "import"), "answers redis alone")
