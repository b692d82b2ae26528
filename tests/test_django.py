"""Django's PostgreSQL backend, on psycopg: it connects, runs a query of its ORM, and a transaction."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from bigfoot import StrictVerifier
from bigfoot.fakes.psycopg import PsycopgPlugin

pytest.importorskip("psycopg", reason="psycopg is not installed")
pytest.importorskip("django", reason="Django is not installed")


@pytest.fixture(scope="module")
def user() -> Any:
    """A model."""
    settings = importlib.import_module("django.conf").settings
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": "app", "HOST": "db.invalid", "USER": "ada"}
    settings.configure(DATABASES={"default": database}, USE_TZ=True, INSTALLED_APPS=[])
    importlib.import_module("django").setup()
    models = importlib.import_module("django.db.models")
    meta = type("Meta", (), {"app_label": "shop"})
    return type("User", (models.Model,), {"__module__": __name__, "Meta": meta, "name": models.TextField()})


def test_queries_and_transactions(user: Any, verifier: StrictVerifier) -> None:
    database = importlib.import_module("django.db")
    mock = PsycopgPlugin(verifier)
    session = mock.new_session().expect("connect", returns=None)
    session.expect("execute", returns=[(1, "Ada")]).expect("execute", returns=[(5,)])
    session.expect("commit", returns=None).expect("close", returns=None)
    with verifier.sandbox():
        assert [one.name for one in user.objects.filter(id=1)] == ["Ada"]
        with database.transaction.atomic(), database.transaction.atomic():
            new = user.objects.create(name="Bob")
        database.connection.close()
    assert new.id == 5
    mock.assert_connect(host="db.invalid", dbname="app", user="ada")
    select = 'SELECT "shop_user"."id", "shop_user"."name" FROM "shop_user" WHERE "shop_user"."id" = %s'
    mock.assert_execute(query=select, params=(1,))
    mock.assert_execute(
        query='INSERT INTO "shop_user" ("name") VALUES (%s) RETURNING "shop_user"."id"', params=("Bob",)
    )
    mock.assert_commit()
    mock.assert_close()
    verifier.verify_all()
