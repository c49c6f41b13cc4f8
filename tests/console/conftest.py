"""A console without a socket, and a user who fills in its forms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.console.security import form_token
from ppkit.practice_platform.platform import Platform

from .person import BASE_URL, Person


@pytest.fixture
def web(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform), base_url=BASE_URL, follow_redirects=False) as client:
        yield client


@pytest.fixture
def visitor(web: TestClient, platform: Platform) -> Person:
    """A user who has not signed up yet."""
    return Person(web, form_token(platform.database))


@pytest.fixture
def person(visitor: Person, platform: Platform) -> Person:
    """A user with an account."""
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    return visitor


@pytest.fixture
def buyer(person: Person, platform: Platform) -> Person:
    """A user with an account and a card that works."""
    platform.add_payment_method("4242 4242 4242 4242", "12/29", "123", "Anna Bianchi")
    return person
