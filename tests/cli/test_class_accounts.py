"""`ppkit class accounts`: a lesson without a gateway, on the practice platform."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openai
import pytest
from canary.canary import Canary
from starlette.testclient import TestClient

from ppkit.clock import ManualClock
from ppkit.look.texts import Texts
from ppkit.metering import UnmeteredWarning
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.errors import InvalidField
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.preparing import prepare

from .at_hand import practice_at_hand
from .conftest import Ppkit, Ran

EN = Texts("en")
NAMES = ["Vega", "Altair", "Sirio"]


@pytest.fixture
def account(platform: Platform) -> Platform:
    prepare(platform, "credit", Money.usd(5), None, "none")
    return platform


@pytest.fixture
def admin_key(account: Platform) -> str:
    return account.keys.create_admin("class")[1]


@pytest.fixture
def at_hand(
    home: Path, account: Platform, admin_key: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The practice platform in process, and an admin key in the environment."""
    with practice_at_hand(account, admin_key, clock, monkeypatch):
        yield


@pytest.fixture
def lesson(clock: ManualClock) -> Callable[..., str]:
    """Writes the file of a lesson of two hours that begins in one, and returns its name."""

    def written(**changes: Any) -> str:
        opens = clock.now() + timedelta(hours=1)
        said = {
            "id": '"tuesday"',
            "name": '"Posts on Tuesday"',
            "opens": opens.isoformat(),
            "closes": (opens + timedelta(hours=2)).isoformat(),
            "learners": 3,
            "limit_per_learner": '"0.50"',
            "limit_in_all": '"10"',
            "models": '["gpt-6-luna"]',
        } | changes
        Path("lesson.toml").write_text("".join(f"{name} = {value}\n" for name, value in said.items()))
        return "lesson.toml"

    return written


def ours(platform: Platform) -> dict[str, str]:
    """The lesson's projects that are not archived: name -> id. None stands twice."""
    found = [one for one in platform.projects.projects() if one.name.startswith("ppkit ")]
    assert len({one.name for one in found}) == len(found)
    return {one.name.removeprefix("ppkit tuesday: "): one.id for one in found}


def key_in(folder: Path) -> str:
    (line,) = [line for line in folder.read_text().splitlines() if line.startswith("OPENAI_API_KEY=")]
    return line.removeprefix("OPENAI_API_KEY=")


def key_files(home: Path) -> dict[str, Path]:
    return {path.stem: path for path in home.rglob("class-accounts/tuesday/*.env")}


def ask(platform: Platform, key: str) -> Any:
    """One text asked for with this key, by the unmodified SDK, as a learner has it."""
    web: Any = TestClient(create_app(platform), base_url="http://127.0.0.1:8099")
    client = openai.OpenAI(api_key=key, base_url="http://127.0.0.1:8099/v1", http_client=web, max_retries=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnmeteredWarning)  # it is a learner's, on another computer
        return client.responses.create(model="gpt-6-luna", input="Ciao")


def assert_whole(platform: Platform, home: Path, names: list[str] = NAMES) -> None:
    """Everybody has one project with a limit, one account, one key: the one in the learner's file."""
    projects, files = ours(platform), key_files(home)
    assert sorted(projects) == sorted(names) == sorted(files)
    for name, project in projects.items():
        limit = platform.limits.limit(project)
        assert limit is not None
        assert limit.cents == 50
        assert [one.name for one in platform.projects.service_accounts(project)] == [name]
        (key,) = platform.keys.keys(project_id=project)
        assert key_in(files[name]).endswith(key.redacted[-4:])


@pytest.mark.usefixtures("at_hand")
def test_every_learner_gets_a_project_a_limit_and_a_key_that_works(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str]
) -> None:
    ran = ppkit("class", "accounts", "make", lesson(), "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert_whole(account, home)
    path = key_files(home)["Vega"]
    assert os.name != "posix" or (path.stat().st_mode | path.parent.stat().st_mode) & 0o077 == 0
    assert ask(account, key_in(path)).output_text
    (used, *_rest) = ppkit("class", "accounts", "show", "lesson.toml", "--json").json["accounts"]
    assert (used["learner"], used["ready"], used["key_file"]) == ("Vega", True, str(path))
    assert used["last_used_at"]


@pytest.mark.usefixtures("at_hand")
def test_nothing_is_made_before_somebody_has_agreed_to_what_it_can_cost(
    ppkit: Ppkit, account: Platform, lesson: Callable[..., str]
) -> None:
    ran = ppkit("class", "accounts", "make", lesson(limit_in_all='"1"'))
    assert (ran.code, ours(account)) == (3, {})
    assert EN.plural("cli.accounts.at_most", 1, at_most="$1.50") in ran.err
    assert EN("cli.accounts.passes_limit_in_all", limit_in_all="$1.00") in ran.err
    assert ppkit("class", "accounts", "make", "lesson.toml", "--json").json["at_most_pico_usd"] == 15 * 10**11
    assert ours(account) == {}


@pytest.mark.usefixtures("at_hand")
def test_a_lesson_over_the_turn_of_a_month_can_cost_twice_as_much(
    ppkit: Ppkit, lesson: Callable[..., str], clock: ManualClock
) -> None:
    month = clock.now().replace(day=28) + timedelta(days=6)
    path = lesson(closes=month.isoformat(), limit_per_learner='"0.501"')
    found = ppkit("class", "accounts", "make", path, "--json").json
    # A cent is the platform's smallest amount: 0.501 becomes 0.51.
    assert (found["months"], found["at_most_pico_usd"]) == (2, 3 * 2 * 51 * 10**10)


@pytest.mark.usefixtures("at_hand")
def test_made_again_nothing_is_doubled_and_keys_stay(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str]
) -> None:
    path = lesson()
    ppkit("class", "accounts", "make", path, "--yes")
    before = {name: key_in(file) for name, file in key_files(home).items()}
    key_files(home)["Vega"].unlink()  # it was handed over
    assert ppkit("class", "accounts", "make", path, "--yes").code == 0
    assert len(account.keys.keys()) == 3
    assert {name: key_in(file) for name, file in key_files(home).items()} == {
        name: key for name, key in before.items() if name != "Vega"
    }
    ran = ppkit("class", "accounts", "make", path, "--yes", "--new-key", "Vega")
    assert ran.code == 0
    assert_whole(account, home)
    assert key_in(key_files(home)["Vega"]) != before["Vega"]
    assert ppkit("class", "accounts", "make", path, "--yes", "--new-key", "Nobody", "--json").code == 2


@pytest.mark.usefixtures("at_hand")
def test_a_key_that_cannot_be_written_is_ended_and_made_anew(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("ppkit.class_service.account_keys.write_private", full)
        ran = ppkit("class", "accounts", "make", lesson(), "--yes", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "account_keys_not_written")
    assert ppkit("class", "accounts", "show", "lesson.toml", "--json").json["accounts"][0]["ready"] is False
    assert ppkit("class", "accounts", "make", "lesson.toml", "--yes").code == 0
    assert_whole(account, home)


@pytest.mark.usefixtures("at_hand")
def test_a_key_works_for_the_lessons_models_and_until_its_end(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str], clock: ManualClock
) -> None:
    ppkit("class", "accounts", "make", lesson(models='["gpt-image-2"]'), "--yes")
    key = key_in(key_files(home)["Vega"])
    with pytest.raises(openai.PermissionDeniedError):
        ask(account, key)
    clock.advance(timedelta(hours=3, seconds=1))
    with pytest.raises(openai.AuthenticationError):
        ask(account, key)
    ran = ppkit("class", "accounts", "make", "lesson.toml", "--yes", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "accounts_out_of_time")


@pytest.mark.usefixtures("at_hand")
def test_at_the_end_keys_projects_and_files_are_gone_and_others_are_left_alone(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str]
) -> None:
    names = ("Studio", "ppkit other: Vega", "ppkit tuesday: Anna")
    others = [account.projects.create(name).name for name in names]
    ppkit("class", "accounts", "make", lesson(), "--yes")
    keys = [key_in(path) for path in key_files(home).values()]
    assert ppkit("class", "accounts", "revoke", "lesson.toml").code == 3
    assert ppkit("class", "accounts", "revoke", "lesson.toml", "--yes").code == 0
    for key in keys:
        with pytest.raises(openai.AuthenticationError):
            ask(account, key)
    assert [one.name for one in account.projects.projects()][1:] == others
    assert (account.keys.keys(), key_files(home)) == ([], {})
    again = ppkit("class", "accounts", "revoke", "lesson.toml", "--yes", "--json").json
    nothing = {"lesson": "tuesday", "ended": [], "left": []}
    assert again == nothing | {"other_lessons": ["other"], "done": True}
    assert (
        EN("cli.accounts.other_lessons", lessons="other")
        in ppkit("class", "accounts", "revoke", "lesson.toml", "--yes").err
    )


@pytest.mark.usefixtures("at_hand")
def test_a_lesson_that_was_moved_gets_keys_that_end_with_it(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str], clock: ManualClock
) -> None:
    path = lesson()
    ppkit("class", "accounts", "make", path, "--yes")
    before = key_in(key_files(home)["Vega"])
    closes = clock.now() + timedelta(hours=5)
    lesson(closes=closes.isoformat())
    shown = ppkit("class", "accounts", "show", path, "--json").json["accounts"]
    assert [one["ready"] for one in shown] == [False] * 3
    told = ppkit("class", "accounts", "make", path, "--yes", "--json").json["accounts"]
    assert [one["new_key"] for one in told] == [True] * 3
    assert_whole(account, home)
    made = account.keys.keys()
    assert {key.expires_at for key in made} == {closes}
    with pytest.raises(openai.AuthenticationError):
        ask(account, before)
    told = ppkit("class", "accounts", "make", path, "--yes", "--json").json["accounts"]
    assert [one["new_key"] for one in told] == [False] * 3
    ran = ppkit("class", "accounts", "make", path, "--yes", "--new-key", "Vega")
    assert EN("cli.accounts.new_keys", learners="Vega") in ran.out


@pytest.mark.usefixtures("at_hand")
def test_with_another_organizations_key_no_key_file_is_lost(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ppkit("class", "accounts", "make", lesson(), "--yes")
    keys = {name: key_in(path) for name, path in key_files(home).items()}
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(type(account.projects), "projects", lambda *_given, **_options: [])
        ran = ppkit("class", "accounts", "revoke", "lesson.toml", "--yes")
        assert (ran.code, ran.err.strip()) == (
            1,
            EN("cli.accounts.elsewhere", learners="Altair, Sirio, Vega"),
        )
        found = ppkit("class", "accounts", "revoke", "lesson.toml", "--yes", "--json").json
    assert (found["done"], [one["refusal"] for one in found["left"]]) == (False, ["project_not_found"] * 3)
    assert {name: key_in(path) for name, path in key_files(home).items()} == keys
    assert ppkit("class", "accounts", "revoke", "lesson.toml", "--yes").code == 0
    assert key_files(home) == {}


@pytest.mark.usefixtures("at_hand")
def test_what_could_not_be_ended_is_told_and_the_rest_is_ended(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ppkit("class", "accounts", "make", lesson(), "--yes")
    project, archive = ours(account)["Altair"], type(account.projects).archive

    def refusing(self: Any, project_id: str) -> Any:
        if project_id == project:
            raise InvalidField(field="project", reason="default_project")
        return archive(self, project_id)

    with monkeypatch.context() as broken:
        broken.setattr(type(account.projects), "archive", refusing)
        ran: Ran = ppkit("class", "accounts", "revoke", "lesson.toml", "--yes")
    assert ran.code == 1
    assert EN("cli.accounts.left", learner="Altair", id=project) in ran.err
    assert list(ours(account)) == list(key_files(home)) == ["Altair"]
    assert ppkit("class", "accounts", "revoke", "lesson.toml", "--yes").code == 0


@pytest.mark.usefixtures("at_hand")
def test_keys_stand_in_their_files_alone(
    ppkit: Ppkit, account: Platform, home: Path, admin_key: str, lesson: Callable[..., str]
) -> None:
    path = lesson()
    told = [ppkit("class", "accounts", "make", path, "--yes", *form) for form in ((), ("--json",))]
    keys = {name: key_in(file) for name, file in key_files(home).items()}
    told += [ppkit("class", "accounts", "show", path, *form) for form in ((), ("--json",))]
    told.append(ppkit("class", "accounts", "make", path, "--yes", "--new-key", "Vega"))
    for name, key in [*keys.items(), ("", admin_key)]:
        canary = Canary("key", key, key[18:34])
        assert not any(canary.is_in(ran.out + ran.err) for ran in told)
        allowed = [] if name in ("Vega", "") else [str(key_files(home)[name].relative_to(home))]
        assert canary.places(home) == allowed
    told.append(ppkit("class", "accounts", "revoke", path, "--yes"))
    assert not any(Canary("key", key, key[18:34]).places(home) for key in keys.values())


def test_without_an_admin_key_nothing_is_tried(ppkit: Ppkit, lesson: Callable[..., str]) -> None:
    ran = ppkit("class", "accounts", "show", lesson(), "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "no_admin_key")


@pytest.mark.usefixtures("at_hand")
def test_an_attacker_with_a_learners_key_reaches_nothing_of_the_accounts(
    ppkit: Ppkit, account: Platform, home: Path, lesson: Callable[..., str]
) -> None:
    ppkit("class", "accounts", "make", lesson(), "--yes")
    own, other = (ours(account)[name] for name in ("Vega", "Altair"))
    key = key_in(key_files(home)["Vega"])
    web: Any = TestClient(create_app(account), base_url="http://127.0.0.1:8099")
    spend = {"threshold_amount": 100_000, "currency": "USD", "interval": "month"}
    attacks: list[tuple[str, str, Any]] = [("GET", "", None), ("POST", "", {"name": "mine"})]
    for project in (own, other):
        attacks += [
            ("GET", f"/{project}/api_keys", None),
            ("POST", f"/{project}/spend_limit", spend),
            ("DELETE", f"/{project}/spend_limit", None),
            ("POST", f"/{project}/model_permissions", {"mode": "deny_list", "model_ids": []}),
            ("POST", f"/{project}/service_accounts", {"name": "mine"}),
            ("POST", f"/{project}/archive", None),
        ]
    for method, path, body in attacks:
        url = f"/v1/organization/projects{path}"
        answer = web.request(method, url, json=body, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code in (401, 403), (method, path)
    assert_whole(account, home)
