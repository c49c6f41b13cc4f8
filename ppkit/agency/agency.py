"""What the agency's file says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ppkit.agency.terms import Currency, Markup
from ppkit.errors import PpkitError
from ppkit.look.brand_colours import brand_tokens


class UnknownClient(PpkitError):
    """No client of the agency's file is called so. Facts: client, known (names, in one text)."""

    code = "unknown_client"


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture file as it was read, a PNG or a JPEG."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Colours:
    """As "#rrggbb"; None: ppkit's own. For papers, and for whoever draws windows in the agency's colours."""

    brand: str | None = None
    brand_dark: str | None = None

    @property
    def style(self) -> str:
        """Declarations of CSS that put them into the place of ppkit's own, fit to be read; "" for none."""
        if not self.brand:
            return ""
        return "; ".join(
            f"{name}: {value}" for name, value in brand_tokens(self.brand, self.brand_dark).items()
        )


@dataclass(frozen=True, slots=True)
class OwnNotebook:
    """A notebook of the agency's that the map leads to; it lies beside the lessons of each language."""

    title: str
    file: str


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """The plan's own credits a month, and how many a text and an image take; None: as they are by default."""

    credits: int | None = None
    text: int | None = None
    image: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Whoever pays: `id` is the short name, `name` the one on papers, `tag` ("client=rossi") on the calls.

    With a `key` ("…WXYZ"), what counts is what was called with it; without one, what carries the tag.
    """

    id: str
    name: str
    tag: str
    key: str | None = None
    markup: Markup | None = None

    @property
    def where(self) -> Mapping[str, str]:
        """The filter of a report about this client alone."""
        if self.key is not None:
            return {"key": self.key}
        name, _, value = self.tag.partition("=")
        return {f"tag:{name}": value}

    def owns(self, key: str, key_id: str) -> bool:
        """Whether a key, by its end and by its identity in the ledger, is this client's own."""
        return self.key is not None and self.key in {key, key_id}

    def has_work(self, tags: Mapping[str, str]) -> bool:
        """Whether a call with these tags is made for this client."""
        name, _, value = self.tag.partition("=")
        return tags.get(name) == value


@dataclass(frozen=True, slots=True)
class Agency:
    """Everything in the file; without one, a nameless agency without clients."""

    name: str = ""
    logo: Logo | None = None
    colours: Colours = Colours()
    welcome: str = ""
    markup: Markup | None = None
    currency: Currency | None = None
    clients: tuple[Client, ...] = field(default=())
    added: tuple[OwnNotebook, ...] = ()
    plan: PlanTerms = PlanTerms()
    lesson: Mapping[str, object] = field(default_factory=dict)
    """What the files of its classes' lessons need not say, by the names that are used there."""

    hidden: frozenset[str] = frozenset()
    """Lessons of the course, by their names, that are not on its learners' maps."""

    def client(self, name: str) -> Client:
        """By its id or its name, whatever the case. Raises UnknownClient."""
        for one in self.clients:
            if name.casefold() in {one.id.casefold(), one.name.casefold()}:
                return one
        raise UnknownClient(client=name, known=", ".join(one.id for one in self.clients) or "–")

    def tags_of(self, client: str) -> Mapping[str, str]:
        """The labels of the calls made for a client, as the statements look for them.

        One that the agency's file does not know is named as it was typed; without a client there is none.
        """
        name = " ".join(client.split())
        try:
            label, _, value = self.client(name).tag.partition("=")
        except UnknownClient:
            return {"client": name} if name else {}
        return {label: value}

    def markup_of(self, client: Client) -> Markup | None:
        """The client's own, else the agency's; None for none."""
        return client.markup if client.markup is not None else self.markup

    def misused_key(self, key: str, key_id: str, tags: Mapping[str, str]) -> tuple[str, str] | None:
        """Whose key it is and whose work it would do, by name, where these are two clients.

        No call can then stand on two statements.
        """
        owner = next((one for one in self.clients if one.owns(key, key_id)), None)
        if owner is None:
            return None
        other = next((one for one in self.clients if one is not owner and one.has_work(tags)), None)
        return None if other is None else (owner.name, other.name)
