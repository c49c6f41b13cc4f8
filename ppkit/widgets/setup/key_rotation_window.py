"""The window of the drill "replace the key". It draws `session.key_rotation` and hands clicks to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import ClassVar

from ppkit.checkup import Diagnosis, Finding, Rung, Skip, known_links, trouble_in, was_stopped
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, PastedKey, SourceName, parse_pasted_key
from ppkit.onboarding import KeyRotation, PlatformKey, ProjectKeys, Stage, keys_in_practice, knock
from ppkit.onboarding.lessons import lesson_named
from ppkit.practice_link import PagesPort
from ppkit.widgets.base.lesson_links import link_to
from ppkit.widgets.base.problems import problem_of
from ppkit.widgets.base.view import Fields, Secrets
from ppkit.widgets.base.window import Action, Window

Listing = Sequence[PlatformKey] | None
Look = tuple[int, PagesPort | None, Listing]  # numbered in the order in which they were begun
CheckResult = tuple[Sequence[Finding], Diagnosis | None]
START, DONE = "start", "done"
SAVED = frozenset({SourceName.KEYRING, SourceName.FILE})


class KeyRotationWindow(Window):
    """Five stages in their order. Keys live in `session.key_rotation`: never in a trait, nor on the page."""

    template: ClassVar[str] = "key_rotation"

    def begin(self) -> None:
        self._understood: PastedKey | None = None
        self._findings: Sequence[Finding] = ()
        self._listed: Listing = None
        self._numbers = count(1)
        self._newest = 0  # the number of the look that is shown
        self._port: PagesPort | None = None
        self._binder_rule = self.session.linking.binder_rule_first

    @property
    def _drill(self) -> KeyRotation:
        return self.session.key_rotation

    @property
    def is_busy(self) -> bool:
        return self._drill.has_begun

    @property
    def _connect(self) -> str:
        """The lesson that links a key; empty outside lessons, where no notebook of one lies around."""
        group = self.window_group
        return link_to(lesson_named("connect").files, group.language) if group.lesson else ""

    @property
    def _place(self) -> str:
        """The name of the screen: where to start, a stage, or the end."""
        drill = self._drill
        stage = drill.current
        if stage is None:
            return DONE
        # After the revocation there is nothing to take up again: without the old key no proof can be had.
        return stage.value if drill.has_begun or stage is Stage.DEAD else START

    def page(self) -> Mapping[str, object]:
        drill = self._drill
        if drill.current is Stage.PROVED:
            drill.notice_use()
        return {
            "drill": drill,
            "place": self._place,
            "linked": self.session.linked_key,
            "connect": self._connect,
            "may_store": self.session.linking.may_store,
            "is_saved": not SAVED.isdisjoint(self._left_behind()),
            "left_behind": self._left_behind(),
            "repairs": self._understood.repairs if self._understood else (),
            "offer": self._offer(),
            "keys": [(key, self._part_of(key)) for key in self._listed or ()],
            "names_repeat": len({key.name for key in self._listed or ()}) < len(self._listed or ()),
            "is_admin": self.session.linking.admin_key is not None,
            "help_text": self.help_text(self._findings),
            "binder_rule": self._binder_rule,
            "practice_port": self._port,
            "keys_page": known_links()["keys"],
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            "binder_read": lambda *_: self._binder_read(),
            "begin": lambda *_: self._begin(self.session.linked_key),
            "begin_without": lambda *_: self._begin(None),
            "resume": self._resume,
            "resume_without": lambda *_: self._take_up(None, self._resumed),
            "restart": lambda *_: self._drill.restart(),
            "look_again": lambda *_: self.work(self._listing(), self._observed_when_asked),
            "declare": lambda fields, _: self._drill.declare(Stage(fields["stage"])),
            "swap": self._swap,
            "go_back": lambda *_: self._go_back(),
            "price": lambda *_: self._climb(consent=False),
            "consent": lambda *_: self._climb(consent=True),
            "revoke": self._revoke,
            "ask_old": lambda *_: self._ask_old(),
        }

    # --- what the platform lists: evidence is what was really done there

    def look(self) -> None:
        """Beside the page, without making anybody wait."""
        is_under_way = self._drill.has_begun and self._drill.current is not None
        if self.session.mode == "practice" or (is_under_way and self.session.linking.admin_key):
            self.watch(self._listing(), self._observed)

    def _listing(self) -> Callable[[], Look]:
        """A look at what the platform lists, in the mode of this moment, whatever the page is turned to."""
        session, number = self.session, next(self._numbers)

        def listed() -> Look:
            practice = session.practice_link if session.mode == "practice" else None
            port = practice.pages_port() if practice else None
            if managed := session.platform_account.project_keys():
                return number, port, managed.list()
            return number, port, keys_in_practice(practice.state()) if practice else None

        return listed

    def _observed(self, look: Look) -> None:
        if not self._take(look):
            return
        try:
            self._drill.observe(self._listed)
        except PpkitError as broken_order:
            self.problem = problem_of(broken_order)  # said at once, even over another card

    def _take(self, look: Look) -> bool:
        """Show this list, unless a later one came before it: in it a key made since would seem to be gone."""
        number, port, listed = look
        if number < self._newest:
            return False
        self._newest, self._port, self._listed = number, port, listed
        return True

    def _observed_when_asked(self, look: Look) -> None:
        before = self._drill.current
        self._observed(look)
        is_done = self._drill.current is not before
        self.news = self.texts("key_rotation.seen_done" if is_done else "key_rotation.seen_not_yet")

    def _binder_read(self) -> None:
        self._binder_rule = False

    # --- beginning, or going on after a new kernel

    def _begin(self, old: ApiKey | None) -> None:
        self._take_up(old, lambda answer, listed: self._drill.begin(old, answer, listed))

    def _resume(self, _fields: Fields, secrets: Secrets) -> None:
        old = self._understand(secrets)
        if old:
            self._take_up(old, lambda answer, listed: self._resumed(answer, listed, old))

    def _resumed(self, answer: Diagnosis | None, listed: Listing, old: ApiKey | None = None) -> None:
        self._drill.resume(old, answer, listed, self.session.linked_key)

    def _take_up(self, old: ApiKey | None, then: Callable[[Diagnosis | None, Listing], None]) -> None:
        """Ask the old key whether it works; what is neither yes nor no is reported, and nothing begins."""

        listed, connection = self._listing(), self.session.connection

        def asked() -> tuple[Diagnosis | None, Look]:
            return (knock(connection.client_for(old)) if old else None), listed()

        def answered(told: tuple[Diagnosis | None, Look]) -> None:
            answer, look = told
            self._take(look)
            if answer is None or answer.proves_key or answer.code == "wrong_key":
                then(answer, self._listed)
            else:
                self.problem = answer

        self._findings, self._understood = (), None
        self.work(asked, answered)

    # --- the new key

    def _understand(self, secrets: Secrets) -> ApiKey | None:
        self._understood = parse_pasted_key(secrets["key"].get_secret_value(), self.session.mode)
        if self._understood.key is None:
            self.problem = self._understood
        return self._understood.key

    def _swap(self, fields: Fields, secrets: Secrets) -> None:
        key = self._understand(secrets)
        if key is None:
            return
        self._drill.check_new(key)
        store = "store" in fields
        # Without consent: free of charge.
        self.work(lambda: self._run_check(key), lambda checked: self._swapped(key, checked, store), "check")

    def _swapped(self, key: ApiKey, checked: CheckResult, store: bool) -> None:
        findings, self.problem = checked
        if self._drill.swap(key, findings, lambda new: self.session.link(new, store=store)):
            self._findings = findings
            self._show_in_wizard(findings, key)
            self.news = self.texts("key_rotation.swapped.news", key=key.masked)
            self.look()

    def _show_in_wizard(self, findings: Sequence[Finding], key: ApiKey) -> None:
        wizard = self.session.wizard
        wizard.observe_checkup(findings, key)
        wizard.record("link.linked", key=key)
        wizard.go_on()

    def _go_back(self) -> None:
        """The new key is lost and the old one still works: it is linked again."""
        old = self._drill.old
        if old and not self._drill.listed.is_gone(old):
            self.session.link(old)
            self.news = self.texts("key_rotation.back.news", key=old.masked)

    def _climb(self, *, consent: bool) -> None:
        """Without consent it costs nothing, and says what the paid call would cost at most."""
        key = self._drill.new
        if key:
            self.work(
                lambda: self._run_check(key, consent=consent),
                lambda checked: self._checked(key, checked),
                "check",
            )

    def _run_check(self, key: ApiKey, *, consent: bool = False) -> CheckResult:
        """The ladder, and what fell: in practice by its cause, which the platform's own state tells."""
        findings = self.session.checkup.run(key, consent=consent, cancelled=self.stop_asked.is_set)
        fallen = trouble_in(findings)
        if fallen and self.session.mode == "practice":
            fallen = self.session.practice_link.with_root_cause(fallen, key)
        return findings, fallen

    def _checked(self, key: ApiKey, checked: CheckResult) -> None:
        self._findings, self.problem = checked
        findings = self._findings
        self.session.wizard.observe_checkup(findings, key)
        if self._drill.prove(key, findings):
            if was_stopped(findings):
                self.problem = None  # it was paid for before: nothing is missing
            self.news = self.texts("key_rotation.proved.news", key=key.masked)
            self.look()

    def _offer(self) -> Mapping[str, object] | None:
        """The paid call that waits for the user's word: its model and what it costs at most."""
        facts = next((one.facts for one in self._findings if one.rung is Rung.CREDIT), {})
        return facts if facts.get("reason") == Skip.NO_CONSENT else None

    # --- the old key

    def _revoke(self, fields: Fields, _secrets: Secrets) -> None:
        managed = self.session.platform_account.project_keys()
        chosen = next((key for key in self._listed or () if key.id == fields.get("key")), None)
        if managed is None or chosen is None:
            self.news = self.texts("key_rotation.revoked.choose")
            return
        self._drill.check_revocation(chosen, fields["end"], self.session.linked_key)
        self.work(lambda: _revoked(managed, chosen), lambda listed: self._was_revoked(chosen, listed))

    def _was_revoked(self, chosen: PlatformKey, listed: Sequence[PlatformKey]) -> None:
        self._take((next(self._numbers), self._port, listed))
        self._drill.revoked(chosen, listed)
        self.news = self.texts("key_rotation.revoked.news", name=chosen.name)

    def _ask_old(self) -> None:
        old = self._drill.old
        if old:
            self.work(
                lambda: knock(self.session.connection.client_for(old)),
                lambda answer: self._answered(old, answer),
            )

    def _answered(self, old: ApiKey, answer: Diagnosis | None) -> None:
        if self._drill.old_answered(old, answer):
            self.news = self.texts("key_rotation.dead.news", key=old.masked)
        else:
            self.problem = answer

    # --- for the page

    def _part_of(self, key: PlatformKey) -> str:
        """What this key is in the drill; the texts are "key_rotation.part.<name>"."""
        drill = self._drill
        if key.id == drill.listed.id_of(drill.old):
            return "old"
        if any(one and key.may_be(one) for one in (drill.new, self.session.linked_key)):
            return "in_use"
        return "stray" if key in drill.strays else "other"

    def _left_behind(self) -> tuple[SourceName, ...]:
        """Where the old key still stands, besides this session's memory."""
        old, chosen = self._drill.old, self.session.chosen_key()
        found = (one for one in (chosen.active, *chosen.hidden) if one and old and one.masked == old.masked)
        return tuple(one.source for one in found if one.source is not SourceName.TYPED)


def _revoked(managed: ProjectKeys, chosen: PlatformKey) -> list[PlatformKey]:
    managed.revoke(chosen)
    return managed.list()
