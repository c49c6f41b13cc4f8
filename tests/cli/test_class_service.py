"""`ppkit class prepare`: a lesson from one file, and what it can cost at most."""

from __future__ import annotations

import os
import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from keys.canaries import key_of

from ppkit.class_service import class_server, class_setup
from ppkit.class_service.gateway import Upstream
from ppkit.current_session import session
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.money import Money

from .conftest import Ppkit, Ran

EN = Texts("en")
LESSON = """
name = "Posts on Tuesday"
opens = 2026-12-01T18:00:00+01:00
closes = 2026-12-01T20:00:00+01:00
learners = 30
limit_per_learner = "0.10"
limit_in_all = 2.5
models = ["gpt-6-luna"]
"""


def written(text: str = LESSON) -> str:
    Path("lesson.toml").write_text(text, encoding="utf-8")
    return "lesson.toml"


def test_prepare_prints_what_the_lesson_can_cost_at_most(ppkit: Ppkit) -> None:
    ran = ppkit("class", "prepare", written())
    assert (ran.code, ran.err) == (0, "")
    assert "This lesson can cost at most $2.50." in ran.out
    assert "Dec 1, 2026 18:00 (UTC+01:00)" in ran.out


def test_prepare_answers_a_program_exactly(ppkit: Ppkit) -> None:
    found = ppkit("class", "prepare", written(), "--json").json
    assert found["at_most_pico_usd"] == Money.usd("2.5").pico_usd
    assert found["limit_per_learner_pico_usd"] == Money.usd("0.1").pico_usd
    assert found["id"].startswith("posts-on-tuesday-20261201-")
    assert found["learners"] == 30


def test_prepare_sets_the_limit_of_the_lesson_and_changes_it_when_the_file_changes(ppkit: Ppkit) -> None:
    for amount in ("2.5", "3"):
        found = ppkit("class", "prepare", written(LESSON.replace("2.5", amount)), "--json").json
        tag = f"lesson={found['id']}"
        assert session().budget.get(tag=tag, period="total").hard == Money.usd(amount)


def test_a_lesson_with_a_model_without_a_price_is_refused(ppkit: Ppkit) -> None:
    ran = ppkit("class", "prepare", written(LESSON.replace("gpt-6-luna", "gpt-nobody")))
    assert ran.code == 2
    assert EN("error.lesson_model_unpriced.why", model="gpt-nobody", field="models") in ran.err
    assert session().budget.all("total") == {}


def test_a_faulty_lesson_is_explained_and_nothing_is_made(ppkit: Ppkit) -> None:
    key = key_of("project")
    ran = ppkit("class", "prepare", written(LESSON + f'welcome = "{key}"'), "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "lesson_holds_key")
    assert key not in ran.out + ran.err
    assert session().budget.all("total") == {}


def test_serving_needs_a_key_first(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPKIT_MODE", "live")
    ran = ppkit("class", "serve", written(), "--port", "0", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "no_key_linked")


class Listener:
    """Has a port, and nobody comes to it."""

    @staticmethod
    def getsockname() -> tuple[str, int]:
        return "127.0.0.1", 10101


def served(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch, *more: str) -> Ran:
    monkeypatch.setattr(
        class_setup, "upstream_of", lambda _session: Upstream("http://x/v1", ApiKey(key_of("practice")))
    )
    monkeypatch.setattr(class_server, "class_listener", lambda _host, _port: nullcontext(Listener()))
    monkeypatch.setattr(class_server, "serve_class", lambda _app, _listener, tell: tell())
    return ppkit("class", "serve", written(), "--host", "127.0.0.1", "--port", "0", *more)


def test_under_a_hub_the_trainers_link_is_in_a_private_file_and_leads_to_the_service(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_NAME", "class")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/services/class/")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:10101")
    for more in ([], ["--json"]):
        ran = served(ppkit, monkeypatch, "--hub", *more)
        assert ran.code == 0
        assert "sk-trainer" not in ran.out + ran.err
    path = Path(ran.json["trainer_link_file"])
    assert re.fullmatch(
        r"http://127\.0\.0\.1:\d+/services/class/trainer#sk-trainer-\w{32}\n", path.read_text()
    )
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0


def test_on_a_laptop_the_trainers_link_is_printed(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    found = served(ppkit, monkeypatch, "--json").json
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/trainer#sk-trainer-\w{32}", found["trainer_url"])


def test_what_is_usual_at_the_agency_need_not_be_said_in_the_lesson(ppkit: Ppkit, home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    usual = 'models = ["gpt-6-luna"]\nlimit_per_learner = "0.10"\nlimit_in_all = "9"\nlearners = 5\n'
    (home / "agency.toml").write_text(f'name = "A"\n[lesson]\n{usual}', encoding="utf-8")
    kept = ("name", "opens", "closes", "learners")
    said = "".join(line + "\n" for line in LESSON.splitlines() if line.startswith(kept))
    found = ppkit("class", "prepare", written(said), "--json").json
    assert (found["learners"], found["models"]) == (30, ["gpt-6-luna"])  # the lesson's own word comes first
    assert found["at_most_pico_usd"] == Money.usd("3").pico_usd
    (home / "agency.toml").write_text('name = "A"\n[lesson]\nmodel = "x"\n', encoding="utf-8")
    session().accounting.__dict__.pop("agency", None)
    ran = ppkit("class", "prepare", written(said), "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "agency_file")
