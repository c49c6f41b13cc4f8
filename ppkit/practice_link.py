"""The practice link: where this learner's practice platform listens, what it says, and which hour it has."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from ppkit.checkup import Diagnosis
from ppkit.clock import Clock, ShiftedClock
from ppkit.errors import PpkitError
from ppkit.extras import explained
from ppkit.footing import footing
from ppkit.keys import ApiKey, refuse_keys
from ppkit.look.texts import Texts
from ppkit.onboarding import with_practice_cause
from ppkit.onboarding.lessons import DrillAccess, DrillTakenOver
from ppkit.place import reaches_ports

if TYPE_CHECKING:
    import httpx2

    from ppkit.practice_platform.process import Address
    from ppkit.practice_platform.remote import Control
    from ppkit.practice_platform.visitor import Answer

INSIDE: Final = "inside"
PagesPort = int | Literal["inside"]  # where the practice console's pages are: at a port, or inside the window


class PracticeLink:
    """The practice platform of one data folder. It is started when it is needed and does not run.

    Raises PracticeMissing where the extra is not installed, PracticeNotStarted, PracticeNotAnswering.
    """

    def __init__(
        self,
        home: Path,
        machine_clock: Clock,
        texts: Texts,
        environment: Callable[[], Mapping[str, str]] = lambda: os.environ,
    ) -> None:
        self._home = home
        self._machine_clock = machine_clock
        self._texts = texts
        self._environment = environment
        self._address: Address | None = None

    @cached_property
    def clock(self) -> Clock:
        """The platform's hour, so that "next month" there is next month here."""
        from ppkit.practice_platform.address import offset_file_of  # lazy: only practice mode needs it

        return ShiftedClock(self._machine_clock, offset_file_of(self._home))

    def address(self) -> Address:
        """Where the platform listens. An address that still holds is not asked again."""
        from ppkit.practice_platform.address import is_unchanged  # lazy: only practice mode needs it
        from ppkit.practice_platform.process import ensure_running

        if self._address is None or not is_unchanged(self._home, self._address):
            with explained(self._texts):
                self._address = ensure_running(self._home)
        return self._address

    def pages_port(self) -> PagesPort | None:
        """The port of its pages on this machine, for links that the page itself turns into the hub's form;
        INSIDE where the user's browser reaches none.
        """
        address = self.address()
        reaches = footing().has_ports and reaches_ports(self._environment())
        return urlsplit(address.console_url).port if reaches else INSIDE

    def carrier(self) -> dict[str, httpx2.Client]:
        """The SDK's argument where no port leads to the platform: an HTTP client, a new one each time."""
        if footing().has_ports:
            return {}
        from ppkit.practice_platform.in_process_transport import carrier  # lazy: loads the whole platform

        return {"http_client": carrier(self.address())}

    def async_carrier(self) -> dict[str, httpx2.AsyncClient]:
        """The same for clients that are awaited."""
        if footing().has_ports:
            return {}
        from ppkit.practice_platform.in_process_transport import async_carrier  # lazy, as above

        return {"http_client": async_carrier(self.address())}

    def visit(self, address: str, form: str | None = None) -> Answer:
        """A page of its console, or the answer to one of its forms (url-encoded), to be shown in a window."""
        from ppkit.practice_platform.visitor import visit  # lazy: only practice mode needs it

        return visit(self.address(), address, form)

    def state(self) -> dict[str, Any]:
        """Where the learner stands there: account, credit, keys, hour; no secret."""
        return self._control().get("state")

    def deliver(self, mail: EmailMessage) -> None:
        """Put a mail of ours into its inbox, beside the platform's own. Raises OSError, as sending does."""
        plain = mail.get_body(("plain",)) or mail
        try:
            self._control().post("mail", subject=mail["subject"], text=plain.get_content())
        except PpkitError as error:
            raise ConnectionError(error.code) from None

    def alerts_in_inbox(self) -> int:
        """How many of our own mails lie in its inbox."""
        return sum(mail["kind"] == "app_alert" for mail in self._control().get("inbox")["mails"])

    def with_root_cause(self, diagnosis: Diagnosis, key: ApiKey) -> Diagnosis:
        """The same answer by its cause, where the platform's state shows it; only wide answers ask for it."""
        return with_practice_cause(diagnosis, self.state, key)

    def new_key(self, name: str, credit: str = "5.00") -> ApiKey:
        """A key with an account, and USD of credit for it, in one go: for whoever wants to begin with code.

        Raises KeyInText, PracticeRefused.
        """
        refuse_keys("key", name, credit)
        return ApiKey(self._control().post("key", name=name, credit=credit)["key"])

    @cached_property
    def plan_key(self) -> ApiKey:
        """The key of the app's own account there, which pays while plan credits last."""
        return ApiKey(self._control().post("plan-key")["key"])

    # --- the account for drills, which is not the learner's own

    def require_drill(self, access: DrillAccess, *, or_none: bool = False) -> None:
        """Raises DrillTakenOver where the account is no longer that of this drill, or, `or_none`, of none."""
        account = self._control().get("drill")["account"]
        if account != access.account and (account or not or_none):
            raise DrillTakenOver

    def begin_drill(self, name: str, organization: str, project: str) -> DrillAccess:
        """Bring this failure about, in a new account that is called so; the drill before is forgotten."""
        return self._access("drill", name, organization, project)

    def mend_drill(self, name: str, organization: str, project: str) -> DrillAccess:
        """The same, mended."""
        return self._access("drill-mend", name, organization, project)

    def pass_drill_time(self, minutes: int) -> None:
        """Move the drill's clock; the learner's own stays."""
        self._control().post("drill-clock", minutes=minutes)

    def end_drill(self) -> None:
        """Leave nothing of the drill behind."""
        self._control().post("drill-end")

    def _access(self, action: str, name: str, organization: str, project: str) -> DrillAccess:
        told = self._control().post(action, name=name, organization=organization, project=project)
        return DrillAccess(ApiKey(told["key"]), told["project"], told["account"])

    def _control(self) -> Control:
        from ppkit.practice_platform.remote import Control  # lazy: only practice mode needs it

        return Control(self.address())
