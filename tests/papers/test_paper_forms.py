"""In which form a paper is taken away, where not everything is installed."""

from __future__ import annotations

import sys

import pytest

from ppkit.extras import ExtraMissing
from ppkit.papers.paper import Paper
from ppkit.papers.paper_file import FORMS, Form, file_of, form_at_hand

PAPER = Paper("certificate", "practice", "it", "paper", "Title", "", "", "", "", (), "")


@pytest.mark.parametrize("form", FORMS)
def test_with_everything_installed_each_form_is_at_hand(form: Form) -> None:
    assert form_at_hand(form) == form


@pytest.mark.parametrize(("missing", "form"), [("reportlab", "pdf"), ("reportlab", "png"), ("PIL", "png")])
def test_a_web_page_takes_the_place_of_what_cannot_be_drawn(
    monkeypatch: pytest.MonkeyPatch, missing: str, form: Form
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert form_at_hand(form) == "html"
    with pytest.raises(ExtraMissing) as refused:
        file_of(PAPER, form)
    assert refused.value.facts["package"] == missing
    assert file_of(PAPER, form_at_hand(form)).name == "paper.html"
