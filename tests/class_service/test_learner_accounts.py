"""A lesson without a gateway, cut off anywhere: on the practice platform, through the unmodified SDK."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from starlette.testclient import TestClient

from ppkit.class_service.account_keys import AccountKeys, AccountsInUse
from ppkit.class_service.learner_accounts import AccountsOutOfTime, LearnerAccounts, account_terms
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.preparing import prepare

from .conftest import a_lesson

LESSON = a_lesson(learners=1)


class Wire:
    """Counts requests, and loses one of them or its answer."""

    def __init__(self, platform: Platform) -> None:
        self.count, self.lost_at, self.is_answer = 0, 0, False
        self.web: Any = TestClient(create_app(platform), base_url="http://127.0.0.1:8097")
        transport: Any = self.web._transport
        self._through = transport.handle_request
        transport.handle_request = self._handled

    def lose(self, number: int, *, answer: bool = False) -> None:
        """The request of this number from now on; 0 is none."""
        self.count, self.lost_at, self.is_answer = 0, number, answer

    def _handled(self, request: httpx2.Request) -> httpx2.Response:
        self.count += 1
        is_lost = self.count == self.lost_at
        if is_lost and not self.is_answer:
            raise httpx2.ConnectError("lost", request=request)
        answer: httpx2.Response = self._through(request)
        if is_lost:
            raise httpx2.ReadError("lost", request=request)
        return answer


@pytest.fixture
def account(platform: Platform) -> Platform:
    prepare(platform, "credit", Money.usd(5), None, "none")
    return platform


@pytest.fixture
def wire(account: Platform) -> Wire:
    return Wire(account)


@pytest.fixture
def keys(tmp_path: Path) -> AccountKeys:
    return AccountKeys(tmp_path / "accounts", "practice")


@pytest.fixture
def accounts(
    account: Platform, wire: Wire, keys: AccountKeys, clock: ManualClock
) -> Iterator[LearnerAccounts]:
    key = account.keys.create_admin("class")[1]
    address = "http://127.0.0.1:8097/v1"
    with openai.OpenAI(
        admin_api_key=key, api_key="", base_url=address, max_retries=0, http_client=wire.web
    ) as client:
        yield LearnerAccounts(client.admin.organization, LESSON, keys, clock)


def assert_whole(platform: Platform, keys: AccountKeys) -> None:
    """One project with its limit, one account of the learner's name, one key, and that in the file."""
    (project,) = platform.projects.projects()[1:]
    limit = platform.limits.limit(project.id)
    assert limit is not None
    assert limit.amount == LESSON.limit_per_learner
    assert [one.name for one in platform.projects.service_accounts(project.id)] == ["Vega"]
    (key,) = platform.keys.keys(project_id=project.id)
    assert keys.path_of("Vega").read_text().strip().endswith(key.redacted[-4:])


@pytest.mark.parametrize("answer", [False, True], ids=["request", "answer"])
def test_cut_off_at_any_request_the_same_command_goes_on_and_doubles_nothing(
    account: Platform,
    wire: Wire,
    keys: AccountKeys,
    accounts: LearnerAccounts,
    clock: ManualClock,
    answer: bool,
) -> None:
    terms, number, was_cut_off = account_terms(LESSON, clock.now()), 0, True
    while was_cut_off:
        number += 1
        wire.lose(number, answer=answer)
        was_cut_off = _is_cut_off(lambda: accounts.make(terms))
        wire.lose(0)
        accounts.make(terms)
        assert_whole(account, keys)
        wire.lose(number, answer=answer)
        _is_cut_off(accounts.revoke)
        wire.lose(0)
        accounts.revoke()
        assert [one.is_default for one in account.projects.projects()] == [True]
        assert not keys.path_of("Vega").exists()
    assert number > 8  # each request of a run was lost once


def _is_cut_off(run: Any) -> bool:
    try:
        run()
    except openai.APIConnectionError:
        return True
    return False


def test_a_key_made_by_hand_in_a_learners_project_ends_too(
    account: Platform, accounts: LearnerAccounts, clock: ManualClock
) -> None:
    accounts.make(account_terms(LESSON, clock.now()))
    account.create_key("by hand", account.projects.projects()[1].id)
    assert len(account.keys.keys()) == 2
    assert [one.refusal for one in accounts.revoke()] == [None]
    assert account.keys.keys() == []


def test_a_key_is_never_without_a_limit(
    account: Platform, accounts: LearnerAccounts, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = AccountKeys.write

    def look(self: AccountKeys, pseudonym: str, key: ApiKey, *rest: Any) -> None:
        project = account.projects.projects()[1].id
        assert account.limits.limit(project) is not None
        written(self, pseudonym, key, *rest)

    monkeypatch.setattr(AccountKeys, "write", look)
    accounts.make(account_terms(LESSON, clock.now()))


def test_two_commands_at_once_are_refused(keys: AccountKeys) -> None:
    with keys.locked(), pytest.raises(AccountsInUse), keys.locked():
        pass


def test_a_lesson_that_is_over_gets_no_keys() -> None:
    with pytest.raises(AccountsOutOfTime):
        account_terms(LESSON, LESSON.closes)


def test_keys_end_with_the_lesson_however_long_the_question_waited(
    account: Platform, accounts: LearnerAccounts, clock: ManualClock
) -> None:
    terms = account_terms(LESSON, clock.now())
    clock.advance(timedelta(hours=1))
    accounts.make(terms)
    (key,) = account.keys.keys()
    assert key.expires_at == LESSON.closes
    clock.advance(timedelta(hours=1))
    with pytest.raises(AccountsOutOfTime):
        accounts.make(terms, "Vega")


def test_an_owners_own_service_account_ends_no_learners_key(
    account: Platform, accounts: LearnerAccounts, clock: ManualClock
) -> None:
    terms = account_terms(LESSON, clock.now())
    accounts.make(terms)
    (key,) = account.keys.keys()
    project = account.projects.projects()[1].id
    account.projects.create_service_account(project, "by hand")
    assert [one.has_new_key for one in accounts.make(terms)] == [False]
    assert [one.is_ready for one in accounts.look()] == [True]
    assert account.keys.keys() == [key]


def test_revoking_removes_what_a_crash_left_beside_a_key_file(
    accounts: LearnerAccounts, keys: AccountKeys, clock: ManualClock
) -> None:
    accounts.make(account_terms(LESSON, clock.now()))
    beside = keys.folder / ".Vega.env.x7k2.tmp"
    beside.write_text("OPENAI_API_KEY=whole")
    accounts.revoke()
    assert not beside.exists()


def test_of_two_projects_of_one_name_the_older_is_used(
    account: Platform, accounts: LearnerAccounts, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = account.projects.create("ppkit tuesday: Vega").id
    clock.advance(timedelta(seconds=1))
    account.projects.create("ppkit tuesday: Vega")
    listed = type(account.projects).projects
    newest_first: Any = lambda self, **options: listed(self, **options)[::-1]  # noqa: E731
    monkeypatch.setattr(type(account.projects), "projects", newest_first)
    assert [one.project_id for one in accounts.make(account_terms(LESSON, clock.now()))] == [older]
