"""The connection: settings and arguments become an SDK client, metered, one for each purse and key."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from ppkit.accounting import Accounting
from ppkit.keys import ApiKey, PasteRefusal, foreign_key_in, refuse_keys
from ppkit.keys.cleaning import clean
from ppkit.linking import KEY_VARIABLE, KeyRefused, Linking
from ppkit.practice_link import PracticeLink
from ppkit.settings import Settings

if TYPE_CHECKING:
    import httpx2

    from ppkit.ai_assistant import Purse
    from ppkit.metering import AsyncOpenAI, OpenAI

CHECK_ARGUMENTS: Mapping[str, Any] = {"max_retries": 0, "timeout": 20.0}
"""How a key is tried: once. The SDK asks three times by itself, also where waiting does not help."""


class Connection:
    """Makes the SDK's clients of one session."""

    def __init__(
        self,
        settings: Settings,
        environment: Callable[[], Mapping[str, str]],
        linking: Linking,
        practice: PracticeLink,
        accounting: Accounting,
        *,
        http_client: httpx2.Client | None = None,
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._linking = linking
        self._practice = practice
        self._accounting = accounting
        self._http_client = http_client
        self._paying: dict[Purse, tuple[object, OpenAI]] = {}

    @property
    def linked_key(self) -> ApiKey | None:
        """The key that its clients use by default."""
        return self._linking.linked_key

    def one_look(self) -> AbstractContextManager[None]:
        """What is asked about the keys inside, in this thread, is read once."""
        return self._linking.one_look()

    def carrier(self) -> dict[str, Any]:
        """The HTTP client that a client of the SDK is to use, where its own would lead nowhere."""
        return {"http_client": self._http_client} if self._http_client else self.new_carrier()

    def new_carrier(self) -> dict[str, Any]:
        """The same for a client that is not the session's own: a new one, whoever may close it."""
        return dict(self._practice.carrier()) if self._settings.mode == "practice" else {}

    def new_async_carrier(self) -> dict[str, Any]:
        """The same for clients that are awaited."""
        return dict(self._practice.async_carrier()) if self._settings.mode == "practice" else {}

    def drop_in_arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What `arguments` gives, and the HTTP client that is needed here: never the session's own, which a
        caller who closes his client would close.
        """
        return self._carried(given, self.new_carrier)

    def async_arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The same for clients that are awaited."""
        return self._carried(given, self.new_async_carrier)

    def _carried(self, given: Mapping[str, Any], carrier: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        completed = self.arguments(given)
        return completed if completed.get("http_client") is not None else {**completed, **carrier()}

    def client(self, **arguments: Any) -> OpenAI:
        """A metered `openai.OpenAI`; takes the SDK's arguments. Raises what `arguments` raises."""
        from ppkit.metering import OpenAI  # lazy: loads the SDK

        return OpenAI(meter=self._accounting.meter, **self._carried(arguments, self.carrier))

    def async_client(self, **arguments: Any) -> AsyncOpenAI:
        """A metered `openai.AsyncOpenAI`; takes the SDK's arguments. Raises what `arguments` raises."""
        from ppkit.metering import AsyncOpenAI  # lazy: loads the SDK

        return AsyncOpenAI(meter=self._accounting.meter, **self.async_arguments(arguments))

    def client_for(self, key: ApiKey) -> OpenAI:
        """A metered client for a key that is being checked: one attempt, 20 seconds, no wait for the ledger.

        A call that waited for other calls' reservations could leave after the user had stopped the check.
        """
        from ppkit.metering import OpenAI  # lazy: loads the SDK

        given = {**self.carrier(), "api_key": key.get_secret_value(), **CHECK_ARGUMENTS}
        return OpenAI(meter=self._accounting.check_meter, **self.arguments(given))

    def admin_client_for(self, key: ApiKey) -> OpenAI:
        """A client for the administration alone: limits, alerts, usage, keys. It has no key to pay with."""
        from ppkit.metering import OpenAI  # lazy: loads the SDK

        secrets = {"admin_api_key": key.get_secret_value(), "api_key": ""}
        given: dict[str, Any] = {**self.carrier(), **CHECK_ARGUMENTS, **secrets}
        self._add_address(given)
        return OpenAI(meter=self._accounting.meter, **given)

    def client_of(self, purse: Purse) -> OpenAI:
        """The client that this purse pays for: the same one as before while its key and address are the same.

        Raises what `arguments` raises.
        """
        from ppkit.metering import OpenAI  # lazy: loads the SDK

        given = self._plan_arguments() if purse == "plan" else self.arguments({})
        # A forked process must not share its parent's sockets; an ApiKey shows no more than its end.
        terms = {**given, "api_key": ApiKey(given["api_key"]), "process": os.getpid()}
        before = self._paying.get(purse)
        if before is None or before[0] != terms:
            # The one before is not closed here: a call of another thread may be using it.
            meter = self._accounting.plan_meter if purse == "plan" else self._accounting.meter
            before = self._paying[purse] = terms, OpenAI(meter=meter, **self.carrier(), **given)
        return before[1]

    def drill_client(self, pasted: SecretStr, project: str) -> OpenAI:
        """A client for the account in which things go wrong on purpose; what it spends counts nowhere.

        `pasted` is what stands in an app's key field, damaged or not; such an app names a project or none.
        Raises KeyInText.
        """
        from ppkit.metering import OpenAI  # lazy: loads the SDK

        refuse_keys("project", project)
        given = {
            **self.carrier(),
            **CHECK_ARGUMENTS,
            "api_key": pasted.get_secret_value(),
            "base_url": self._practice.address().console_url + "drill/v1",
            "organization": "",
            "project": project,
        }
        return OpenAI(meter=self._accounting.plan_meter, **given)

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The SDK's arguments, completed: the linked key and, in practice, the practice platform's address.

        What the caller gave stays. Raises NoUsableKey, KeyInText, and KeyRefused for a key of the other mode,
        whatever address it is for: its calls would stand in this mode's ledger. (A key that comes later, by
        `with_options`, a header or a function, is refused by the meter, before its call is sent.)
        """
        given = dict(given)
        refuse_keys("client", *(given.get(name) for name in ("base_url", "organization", "project")))
        elsewhere = given.get("base_url") is not None or given.get("provider") is not None
        if not elsewhere:
            self._add_address(given)
            if given.get("api_key") is None and given.get("workload_identity") is None:
                given["api_key"] = self._linking.require_key().get_secret_value()
        refusal = self._foreign_key(given, elsewhere)
        if refusal:
            raise KeyRefused(refusal=refusal.value, mode=self._settings.mode)
        return given

    def _plan_arguments(self) -> dict[str, Any]:
        """The app's own practice account: its calls and costs are not the learner's."""
        return {
            "api_key": self._practice.plan_key.get_secret_value(),
            "base_url": self._practice.address().console_url + "plan/v1",
            "organization": "",
            "project": "",
        }

    def _add_address(self, given: dict[str, Any]) -> None:
        if self._settings.mode == "practice":
            given["base_url"] = self._practice.address().base_url
            given.pop("data_residency", None)  # it names one of OpenAI's own addresses
            # The SDK would read the real account's ids from the environment and send them along.
            given.setdefault("organization", "")
            given.setdefault("project", "")
            return
        # The SDK reads the environment alone; these may also come from `.env` or `config.toml`.
        chosen = {
            # As in the SDK, the caller's data residency wins over the settings' address.
            "base_url": None if given.get("data_residency") else self._settings.base_url,
            "organization": self._settings.organization,
            "project": self._settings.project,
        }
        used = {name: value for name, value in chosen.items() if value and given.get(name) is None}
        self._check_settings(given, used)
        given.update(used)

    def _check_settings(self, given: Mapping[str, Any], used: Mapping[str, str]) -> None:
        """Raises FaultyConnection or KeyInSetting for what the settings alone have decided."""
        from ppkit.connection_settings import ADDRESS, check_connection  # lazy: only a live client needs it

        environment = dict(self._environment())
        if given.get("base_url") is not None or given.get("data_residency"):
            environment.pop(ADDRESS, None)
        check_connection(used.get("base_url"), used.get("organization"), used.get("project"), environment)

    def _foreign_key(self, given: Mapping[str, Any], elsewhere: bool) -> PasteRefusal | None:
        """Why the key that a client would use belongs to the other mode; None when it does not.

        Apart, so that no key stands in a frame of the traceback.
        """
        # Without a key of its own, a client for another address takes the environment's.
        key = given.get("api_key") or (self._environment().get(KEY_VARIABLE) if elsewhere else None)
        return foreign_key_in(clean(key)[0], self._settings.mode) if isinstance(key, str) else None
