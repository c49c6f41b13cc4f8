"""The pages that a diagnosis leads to are there on the practice console."""

from __future__ import annotations

import pytest

from ppkit.checkup import Diagnosis, known_links

from .person import Person, words

PATHS = sorted({link.path for link in known_links().values() if link.path is not None})


@pytest.mark.parametrize("path", PATHS)
def test_every_practice_page_that_a_link_names_opens(person: Person, path: str) -> None:
    assert person.read(path).status_code == 200


@pytest.mark.parametrize("code", ["organization_not_verified", "verification_spreading"])
def test_an_organization_that_is_not_verified_is_led_to_where_it_is_verified(
    person: Person, code: str
) -> None:
    (link,) = Diagnosis(code).links
    assert link.path is not None
    assert "Verify Organization" in words(person.read(link.path))
