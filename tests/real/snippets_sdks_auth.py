"""How applications get and renew tokens: google-auth over requests and over urllib3, authlib over httpx."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .corpus import Corpus, raised, raised_async

google_requests = Corpus()
google_urllib3 = Corpus()
authlib_httpx = Corpus()
authlib_requests = Corpus()


def _user(credentials: ModuleType, base: str, endpoint: str = "token") -> Any:
    """Credentials without a token, which the first request must get."""
    return credentials.Credentials(
        None,
        refresh_token="1//refresh",
        token_uri=f"{base}/oauth/{endpoint}",
        client_id="tests.apps.example.com",
        client_secret="secret",
    )


@google_requests.add
def session_gets_a_token(credentials: ModuleType, transport: ModuleType, base: str) -> object:
    user = _user(credentials, base)
    with transport.AuthorizedSession(user) as session:
        first, second = session.get(f"{base}/bearer"), session.post(f"{base}/echo", json={"n": 1})
    return first.json(), second.json()["body"], user.token, user.scopes


@google_requests.add
def token_is_renewed(credentials: ModuleType, transport: ModuleType, base: str) -> object:
    """A 401 makes the session get another token and ask again."""
    user = _user(credentials, base)
    user.token = "stale"
    with transport.AuthorizedSession(user) as session:
        return session.get(f"{base}/bearer").json(), user.token


@google_requests.add
def refresh_refused(credentials: ModuleType, transport: ModuleType, base: str) -> object:
    return raised(_user(credentials, base, "refused").refresh, transport.Request())


@google_urllib3.add
def pool_gets_a_token(credentials: ModuleType, transport: ModuleType, base: str) -> object:
    user = _user(credentials, base)
    http = transport.AuthorizedHttp(user)
    first, second = http.request("GET", f"{base}/bearer"), http.request("POST", f"{base}/mirror", body=b"raw")
    http.http.clear()
    return first.data, second.data, user.token


@google_urllib3.add
def pool_refresh_refused(credentials: ModuleType, transport: ModuleType, base: str) -> object:
    http = transport.AuthorizedHttp(_user(credentials, base, "refused"))
    try:
        return raised(http.request, "GET", f"{base}/bearer")
    finally:
        http.http.clear()


SHORT_LIVED = {"access_token": "old", "refresh_token": "again", "token_type": "Bearer", "expires_at": 1}


@authlib_httpx.add
def client_credentials(httpx_client: ModuleType, base: str) -> object:
    with httpx_client.OAuth2Client("id", "secret") as client:
        token = client.fetch_token(f"{base}/oauth/token", grant_type="client_credentials")
        return token["access_token"], client.get(f"{base}/bearer").json()


@authlib_httpx.add
def token_renewed(httpx_client: ModuleType, base: str) -> object:
    renewed: list[Any] = []
    options = {"token": SHORT_LIVED, "token_endpoint": f"{base}/oauth/token"}
    with httpx_client.OAuth2Client(
        "id", "secret", update_token=lambda token, **old: renewed.append((token["access_token"], old)), **options
    ) as client:
        return client.get(f"{base}/bearer").json(), renewed


@authlib_httpx.add
def token_refused(httpx_client: ModuleType, base: str) -> object:
    with httpx_client.OAuth2Client("id", "secret") as client:
        return raised(client.fetch_token, f"{base}/oauth/refused", grant_type="client_credentials")


@authlib_httpx.add
async def token_renewed_async(httpx_client: ModuleType, base: str) -> object:
    options = {"token": SHORT_LIVED, "token_endpoint": f"{base}/oauth/token"}
    async with httpx_client.AsyncOAuth2Client("id", "secret", **options) as client:
        answer = await client.get(f"{base}/bearer")
        refused = client.fetch_token(f"{base}/oauth/refused", grant_type="client_credentials")
        return answer.json(), await raised_async(refused)


@authlib_requests.add
def session_of_requests(requests_client: ModuleType, base: str) -> object:
    with requests_client.OAuth2Session("id", "secret") as session:
        token = session.fetch_token(f"{base}/oauth/token", grant_type="client_credentials")
        return token["access_token"], session.get(f"{base}/bearer").json()
