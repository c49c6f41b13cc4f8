"""A lesson without a gateway: a project, a spend limit and a service account's key for each learner.

All of it is made at the platform through the SDK's admin client (`client.admin.organization`, SDK 3.54), and
what has been made is read there alone: projects are found by their names, and a service account has its
learner's name only when its key is safe in a file. So a run that was cut off anywhere can be repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ppkit.checkup import diagnose
from ppkit.checkup.platform_limits import NOT_FOUND, PICO_USD_PER_CENT, TERMS, cents_of
from ppkit.class_service.account_keys import AccountKeys
from ppkit.class_service.class_lesson import ClassLesson
from ppkit.class_service.pseudonyms import STARS, pseudonym_of
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey
from ppkit.money import Money

MOST_SECONDS = 31_536_000  # how long a key can last, by the platform's document
PAGE = 100
PROJECT_NOT_FOUND = "project_not_found"
ENDS_WITHIN = timedelta(minutes=5)
"""So far from closing may a key end: clocks differ. Farther off, the lesson has been moved since."""

_UNFINISHED = " (unfinished)"
_PROJECT = re.compile(rf"ppkit (.+): ((?:{'|'.join(STARS)})(?: [0-9]{{1,4}})?)")


class AccountsOutOfTime(PpkitError):
    """The lesson is over, or ends more than a year from now. Facts: closes."""

    code = "accounts_out_of_time"


class NoSuchPlace(PpkitError):
    """The lesson has no place of this pseudonym. Facts: learner, learners."""

    code = "no_such_place"


class AccountNotAsAsked(PpkitError):
    """The platform answered with something other than what was asked for. Facts: learner, field."""

    code = "account_not_as_asked"


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What is asked for before anything is made. `limit` is a learner's, in whole cents a month."""

    limit: Money
    months: int
    at_most: Money
    passes_limit_in_all: bool


@dataclass(frozen=True, slots=True)
class LearnerAccount:
    """What a learner has at the platform. `limit`: None is not set; `blocks`: as the platform says.

    `has_new_key`: it was made just now, and whatever key there was before works no more.
    """

    pseudonym: str
    project_id: str
    is_ready: bool
    limit: Money | None = None
    blocks: bool = False
    last_used_at: datetime | None = None
    has_new_key: bool = False


@dataclass(frozen=True, slots=True)
class AccountEnded:
    """A project that was revoked; `refusal` is the code of the diagnosis where the platform said no.

    PROJECT_NOT_FOUND: there is a key file and no project, not even an archived one; `project_id` is "".
    """

    pseudonym: str
    project_id: str
    refusal: str | None = None


def account_terms(lesson: ClassLesson, now: datetime) -> AccountTerms:
    """Raises AccountsOutOfTime, LimitTooLarge."""
    _seconds_left(lesson, now)
    first, last = now.astimezone(UTC), lesson.closes.astimezone(UTC)
    # The platform's limits begin anew with each month, and keys work from the moment they are made.
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    limit = Money(cents_of(lesson.limit_per_learner) * PICO_USD_PER_CENT)
    at_most = limit * (lesson.learners * months)
    return AccountTerms(limit, months, at_most, at_most > lesson.limit_in_all)


class LearnerAccounts:
    """Made, looked at and revoked. Methods raise the SDK's errors and what `AccountKeys` raises."""

    def __init__(self, organization: Any, lesson: ClassLesson, keys: AccountKeys, clock: Clock) -> None:
        """`organization`: `client.admin.organization` of a client that asks once. A repeat could make two."""
        self._projects = organization.projects
        self._lesson = lesson
        self._keys = keys
        self._clock = clock

    def make(
        self,
        terms: AccountTerms,
        new_key_for: str | None = None,
        on_made: Callable[[LearnerAccount], None] = lambda _account: None,
    ) -> list[LearnerAccount]:
        """See to it that every learner has a whole account; what is whole keeps its key, and gets the limit.

        `new_key_for` is a pseudonym whose key ends and is replaced; so does one that does not end with the
        lesson. Raises NoSuchPlace, AccountNotAsAsked, AccountsOutOfTime.
        """
        wanted = [pseudonym_of(number) for number in range(self._lesson.learners)]
        if new_key_for is not None and new_key_for not in wanted:
            raise NoSuchPlace(learner=new_key_for[:40], learners=self._lesson.learners)
        there = self._ours()
        made = []
        for pseudonym in wanted:
            project = there[pseudonym][0].id if pseudonym in there else self._new_project(pseudonym)
            made.append(self._completed(pseudonym, project, terms, renew=pseudonym == new_key_for))
            on_made(made[-1])
        return made

    def look(self) -> list[LearnerAccount]:
        """Every account that is still there, in the order of the places."""
        there = self._ours()
        return [self._seen(pseudonym, project) for pseudonym, found in there.items() for project in found]

    def revoke(self, on_ended: Callable[[AccountEnded], None] = lambda _ended: None) -> list[AccountEnded]:
        """End every key, archive every project; what the platform refuses is told, and the rest goes on."""
        import openai  # lazy: the client that is used here has loaded it already

        ended = []
        there = self._ours(with_archived=True)
        for pseudonym, found in there.items():
            for project in found:
                if project.status == "archived":
                    continue
                try:
                    self._end_keys(project.id)
                    archived = self._projects.archive(project.id).status == "archived"
                    refusal = None if archived else "unexpected"
                except openai.APIStatusError as error:
                    refusal = diagnose(error).code
                ended.append(AccountEnded(pseudonym, project.id, refusal))
                on_ended(ended[-1])
        for pseudonym in sorted(self._keys.pseudonyms() - there.keys()):  # as with another organization's key
            ended.append(AccountEnded(pseudonym, "", PROJECT_NOT_FOUND))
            on_ended(ended[-1])
        # Also of a run before this one, which was cut off once a project was archived.
        self._keys.keep_only({one.pseudonym for one in ended if one.refusal})
        return ended

    def other_lessons(self) -> list[str]:
        """The ids of other lessons that have accounts here, as the platform has them."""
        named = [_PROJECT.fullmatch(project.name or "") for project in self._projects.list(limit=PAGE)]
        return sorted({found[1] for found in named if found} - {self._lesson.id})

    # --- one project

    def _completed(self, pseudonym: str, project: str, terms: AccountTerms, *, renew: bool) -> LearnerAccount:
        # Limit and models come before the key, so that no key is ever without them.
        cents = terms.limit.pico_usd // PICO_USD_PER_CENT
        limit = self._projects.spend_limit.update(project, threshold_amount=cents, **TERMS)
        if limit.threshold_amount != cents:
            raise AccountNotAsAsked(learner=pseudonym, field="spend_limit")
        models = self._projects.model_permissions.update(
            project, mode="allow_list", model_ids=list(self._lesson.models)
        )
        if set(models.model_ids) != set(self._lesson.models):
            raise AccountNotAsAsked(learner=pseudonym, field="model_permissions")
        is_new = renew or not self._is_ready(pseudonym, project)
        if is_new:
            for account in self._accounts_of(pseudonym, project):
                with _gone_is_fine():
                    self._projects.service_accounts.delete(account.id, project_id=project)
            self._new_key(pseudonym, project)
        blocks = limit.enforcement.status == "enforcing"
        return LearnerAccount(pseudonym, project, True, terms.limit, blocks, has_new_key=is_new)

    def _new_project(self, pseudonym: str) -> str:
        return str(self._projects.create(name=self._name_of(pseudonym)).id)

    def _new_key(self, pseudonym: str, project: str) -> None:
        """Raises AccountNotAsAsked, AccountsOutOfTime."""
        seconds = _seconds_left(self._lesson, self._clock.now())  # the question may have waited for long
        created = self._projects.service_accounts.create(
            project, name=f"{pseudonym}{_UNFINISHED}", expires_in_seconds=seconds
        )
        if created.api_key is None or not created.api_key.value:
            raise AccountNotAsAsked(learner=pseudonym, field="api_key")
        self._keys.write(pseudonym, ApiKey(created.api_key.value), self._lesson.closes)
        # The secret is shown once: who is cut off before here finds an unfinished account, and makes anew.
        self._projects.service_accounts.update(created.id, project_id=project, name=pseudonym)

    def _end_keys(self, project: str) -> None:
        """Service accounts go with their keys; then what is left, such as a key made in the console."""
        for account in list(self._projects.service_accounts.list(project, limit=PAGE)):
            with _gone_is_fine():
                self._projects.service_accounts.delete(account.id, project_id=project)
        for key in self._keys_of(project):
            with _gone_is_fine():
                self._projects.api_keys.delete(key.id, project_id=project)

    def _is_ready(self, pseudonym: str, project: str) -> bool:
        """Whether our service account is there, finished, with a key that ends with the lesson.

        What an owner has added to the project is no concern of ours before `revoke`.
        """
        accounts = self._accounts_of(pseudonym, project)
        if [account.name for account in accounts] != [pseudonym]:
            return False
        keys = [key for key in self._keys_of(project) if _is_of(key, accounts[0].id)]
        return any(self._ends_with_lesson(key) for key in keys)

    def _ends_with_lesson(self, key: Any) -> bool:
        if key.expires_at is None:
            return False
        return abs(datetime.fromtimestamp(key.expires_at, UTC) - self._lesson.closes) <= ENDS_WITHIN

    def _accounts_of(self, pseudonym: str, project: str) -> list[Any]:
        """Our service accounts of the project, the unfinished among them."""
        ours = (pseudonym, f"{pseudonym}{_UNFINISHED}")
        found = self._projects.service_accounts.list(project, limit=PAGE)
        return [account for account in found if account.name in ours]

    def _seen(self, pseudonym: str, project: Any) -> LearnerAccount:
        limit, blocks = None, False
        with _gone_is_fine():
            found = self._projects.spend_limit.retrieve(project.id)
            limit = Money(found.threshold_amount * PICO_USD_PER_CENT)
            blocks = found.enforcement.status == "enforcing"
        used = [key.last_used_at for key in self._keys_of(project.id) if key.last_used_at]
        last = datetime.fromtimestamp(max(used), UTC) if used else None
        ready = limit is not None and self._is_ready(pseudonym, project.id)
        return LearnerAccount(pseudonym, project.id, ready, limit, blocks, last)

    # --- all of them

    def _ours(self, *, with_archived: bool = False) -> Mapping[str, list[Any]]:
        """The lesson's projects by pseudonym, in the order of the places; of one name the oldest first.

        There is more than one that is not archived only where two computers made the accounts at the same
        time.
        """
        found: dict[str, list[Any]] = {}
        listed = self._projects.list(limit=PAGE, include_archived=with_archived)
        for project in sorted(listed, key=lambda one: one.created_at):
            named = _PROJECT.fullmatch(project.name or "")
            if named and named[1] == self._lesson.id:
                found.setdefault(named[2], []).append(project)
        return dict(sorted(found.items(), key=lambda item: _place(item[0])))

    def _name_of(self, pseudonym: str) -> str:
        return f"ppkit {self._lesson.id}: {pseudonym}"

    def _keys_of(self, project: str) -> list[Any]:
        # "any": without it the platform leaves out keys whose owner has lost access, which still may work.
        return list(self._projects.api_keys.list(project, limit=PAGE, owner_project_access="any"))


def _seconds_left(lesson: ClassLesson, now: datetime) -> int:
    """Until closing, rounded up. Raises AccountsOutOfTime."""
    seconds = -((now - lesson.closes) // timedelta(seconds=1))
    if not 0 < seconds <= MOST_SECONDS:
        raise AccountsOutOfTime(closes=lesson.closes.isoformat(timespec="minutes"))
    return seconds


def _is_of(key: Any, account_id: str) -> bool:
    owner = key.owner.service_account
    return owner is not None and owner.id == account_id


def _place(pseudonym: str) -> tuple[int, int]:
    star, _, again = pseudonym.partition(" ")
    return int(again or 1), STARS.index(star)


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if getattr(error, "status_code", None) != NOT_FOUND:
            raise
