"""A stand-in for OpenAI's real address: it speaks the same wire and knows keys of real form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import openai
from console.served import served
from keys.canaries import key_of

from ppkit.money import Money
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import ApiKeyRow
from ppkit.practice_platform.secret_keys import digest_of


@dataclass(frozen=True)
class RealAddress:
    """An account in which everything was done that the person does on OpenAI's own pages."""

    url: str
    platform: Platform
    key: str
    admin_key: str

    def used_by_the_app(self) -> None:
        """What PostPickr does with the key that was pasted there."""
        with openai.OpenAI(api_key=self.key, base_url=self.url, max_retries=0) as client:
            client.responses.create(model="gpt-6-luna", input="Aperitivo", max_output_tokens=16)


@contextmanager
def real_address(folder: Path, seed: str) -> Iterator[RealAddress]:
    """Served on a port of this machine; `seed` makes keys that no other test has."""
    platform = Platform.open(folder / "real-address.sqlite3")
    key, admin_key = real_account(platform, seed)
    try:
        with served(platform) as url:
            yield RealAddress(f"{url}/v1", platform, key, admin_key)
    finally:
        platform.close()


def real_account(platform: Platform, seed: str) -> tuple[str, str]:
    """Everything done that a person does on OpenAI's pages: the key, and an admin key, both of real form."""
    platform.sign_up("Ada Prova", "ada@example.com", "Trattoria")
    platform.add_payment_method("4242424242424242", "12/30", "123", "Ada Prova")
    platform.buy_credits(Money.usd(5))
    platform.limits.create_alert(500, ["ada@example.com"])
    platform.limits.set_limit(1000)
    key, admin_key = key_of("project", seed), key_of("admin", seed)
    _give(platform, platform.create_key("PostPickr-AI")[0], key)
    _give(platform, platform.keys.create_admin("ppkit")[0], admin_key)
    return key, admin_key


def _give(platform: Platform, row: ApiKeyRow, secret: str) -> None:
    """The row's key is this one from now on; the practice platform itself makes none of this form."""
    platform.database.run(
        "UPDATE api_key SET digest = ?, redacted = ? WHERE id = ?",
        digest_of(secret),
        f"sk-...{secret[-4:]}",
        row.id,
    )
