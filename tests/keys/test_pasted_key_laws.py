"""Laws of pasted keys over generated texts: a valid key survives any wrapping, and nothing pasted is quoted.

`pytest --hypothesis-profile=thorough tests/keys/test_pasted_key_laws.py` tries more than 100,000 texts.
"""

from __future__ import annotations

import re

from hypothesis import assume, example, given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.keys import PastedKey, PasteRefusal, parse_pasted_key
from ppkit.keys.cleaning import clean
from ppkit.keys.pasted_key import LONGEST_PASTE
from ppkit.keys.shapes import KEY_START
from ppkit.look.texts import Texts
from ppkit.mode import Mode

INFIX = "T3Blbk" + "FJ"  # in two parts, so that no secret scanner takes a test for a leak
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
TEXTS = (Texts("it"), Texts("en"))


def body(alphabet: str, *lengths: int) -> st.SearchStrategy[str]:
    return st.sampled_from(lengths).flatmap(
        lambda length: st.text(alphabet, min_size=length, max_size=length)
    )


PRACTICE = body(LETTERS, 48).map(lambda text: "sk-practice-" + text)
LEGACY = st.tuples(body(LETTERS, 20), body(LETTERS, 20)).map(lambda sides: f"sk-{sides[0]}{INFIX}{sides[1]}")
MODERN = st.tuples(
    st.sampled_from(["sk-proj-", "sk-svcacct-", "sk-service-"]),
    body(LETTERS + "_-", 58, 74),
    body(LETTERS + "_-", 58, 74),
).map(lambda parts: parts[0] + parts[1] + INFIX + parts[2])
KEYS = st.one_of(
    PRACTICE.map(lambda key: (key, "practice")),
    LEGACY.map(lambda key: (key, "live")),
    MODERN.map(lambda key: (key, "live")),
)

# What is put around a key: by programs, people, keyboards, and the places it is copied from.
WRAPPINGS = [
    " {} ",
    "\n{}\r\n",
    "\t{}",
    "\u00a0{}\u202f",
    "\ufeff{}",
    "\u200b{}\u200b",
    "\u202a{}\u202c",
    '"{}"',
    "'{}'",
    "“{}”",
    "«{}»",
    "`{}`",
    "```\n{}\n```",
    "**{}**",
    "_{}_",
    "__{}__",
    "<{}>",
    "({})",
    "[{}]",
    "[{}](https://example.org/)",
    "- {}",
    "• {}",
    "> {}",
    "1. {}",
    "{}.",
    "{},",
    "{};",
    "{}\\n",
    "\\n{}\\t",
    "%22{}%22",
    "&quot;{}&quot;",
    "\\u200b{}",
    "Bearer {}",
    "Authorization: Bearer {}",
    "OPENAI_API_KEY={}",
    "export OPENAI_API_KEY='{}'",
    "set OPENAI_API_KEY={}",
    'setx OPENAI_API_KEY "{}"',
    '$env:OPENAI_API_KEY = "{}"',
    "OPENAI_API_KEY: {}",
    "openai:\n  api_key: {}\n  retries: 2",
    '{{"api_key": "{}"}}',
    '{{"name": "PostPickr-AI", "key": "{}", "n": 1}}',
    'os.environ["OPENAI_API_KEY"] = "{}"',
    'client = OpenAI(api_key="{}")',
    "b'{}'",
    'curl https://example.org -H "Authorization: Bearer {}" -d @body',
    "https://example.org/?key={}&x=1",
    "<td>{}</td>",
    "PostPickr-AI\t{}\t2026-11-23",
    "La mia chiave è {}, grazie!",
    "My key: {} (do not share)",
    "A=1\nOPENAI_API_KEY={}\nB=2 # two",
    "{} {}",
    "{}\n{}",
]
WRAPPED = st.lists(st.sampled_from(WRAPPINGS), max_size=3)
INVISIBLE = st.sampled_from(
    ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\x00", "\x7f"]
)
BREAKS = st.sampled_from(["\n", " ", "\r\n", "\n> ", "\u00a0", "=\n", "\\\n", "\u2028"])


def wrapped_in(text: str, wrappings: list[str]) -> str:
    for wrapping in wrappings:
        text = wrapping.replace("{{", "\x01").replace("}}", "\x02").replace("{}", text)
        text = text.replace("\x01", "{").replace("\x02", "}")
    assume(len(text) <= LONGEST_PASTE)
    return text


def broken(key: str, places: list[int], by: list[str]) -> str:
    for place, piece in zip(sorted({place % len(key) for place in places}, reverse=True), by, strict=False):
        key = key[:place] + piece + key[place:] if place else key
    return key


def told(result: PastedKey) -> str:
    """Everything that a person or a log could get to see of a result."""
    shown = [repr(result), str(result)]
    for texts in TEXTS:
        if result.refusal:
            shown += [
                texts(f"keys.refusal.{result.refusal}.{part}", **result.facts)
                for part in ("what", "why", "now")
            ]
        shown += [texts(f"keys.repair.{repair.kind}", **repair.facts) for repair in result.repairs]
        shown += [texts(f"keys.remark.{remark.kind}", **remark.facts) for remark in result.remarks]
    return "\n".join(shown)


def assert_not_quoted(key: str, result: PastedKey) -> None:
    secret = KEY_START.sub("", key, count=1)
    pieces = {secret[place : place + 8] for place in range(len(secret) - 7)}
    assert not any(piece in told(result) for piece in pieces if piece not in INFIX)


def assert_understood(pasted: str, key: str, mode: Mode) -> None:
    result = parse_pasted_key(pasted, mode)
    assert result.key is not None, result.refusal
    assert result.key.get_secret_value() == key
    assert_not_quoted(key, result)


@given(key=KEYS, wrappings=WRAPPED)
@example(key=("sk-proj-" + "-" * 74 + INFIX + "_" * 74, "live"), wrappings=["_{}_"])
@example(key=("sk-proj-" + "X" * 74 + INFIX + "x" * 74, "live"), wrappings=[])
@example(key=("sk-proj-" + "-sk-proj-" + "_" * 65 + INFIX + "_" * 74, "live"), wrappings=[])
def test_a_valid_key_survives_any_wrapping(key: tuple[str, Mode], wrappings: list[str]) -> None:
    assert_understood(wrapped_in(key[0], wrappings), *key)


@given(
    key=KEYS,
    wrappings=WRAPPED,
    places=st.lists(st.integers(0, 400), max_size=4),
    invisible=st.lists(INVISIBLE, min_size=4, max_size=4),
)
def test_a_valid_key_survives_what_cannot_be_seen(
    key: tuple[str, Mode], wrappings: list[str], places: list[int], invisible: list[str]
) -> None:
    assert_understood(wrapped_in(broken(key[0], places, invisible), wrappings), *key)


@given(
    key=KEYS,
    quote=st.sampled_from(["{}", '"{}"', "Bearer {}", "OPENAI_API_KEY={}", "> {}", "Key: «{}»."]),
    places=st.lists(st.integers(1, 400), min_size=1, max_size=4),
    by=st.lists(BREAKS, min_size=4, max_size=4),
)
def test_a_valid_key_in_pieces_is_put_together(
    key: tuple[str, Mode], quote: str, places: list[int], by: list[str]
) -> None:
    # A break inside "sk-" leaves nothing to begin at.
    places = [place for place in places if place % len(key[0]) > 3]
    pasted = quote.replace("{}", broken(key[0], places, by))
    # Broken where a key of a shorter format could end, it has two readings, and is not guessed.
    if parse_pasted_key(pasted, key[1]).refusal is PasteRefusal.INNER_SPACES:
        pieces = [key[0][: place % len(key[0])] for place in places]
        assert any(len(piece.partition(INFIX)[2]) == 58 for piece in pieces)
    else:
        assert_understood(pasted, *key)


@given(
    key=KEYS,
    cut=st.integers(1, 20),
    # An underscore that closes Markdown's emphasis can stand exactly where the key's last one was.
    wrappings=WRAPPED.filter(lambda chosen: "_{}_" not in chosen and "__{}__" not in chosen),
)
def test_half_a_key_is_never_taken_for_a_whole_one(
    key: tuple[str, Mode], cut: int, wrappings: list[str]
) -> None:
    half = key[0][:-cut]
    result = parse_pasted_key(wrapped_in(half, wrappings), key[1])
    if result.key is not None:
        # One of the known lengths is shorter than another: then only the platform knows, and it is
        # remarked upon unless the cut key is exactly what a key of the shorter format looks like.
        assert result.key.get_secret_value() == half
        assert result.remarks or len(half.partition(INFIX)[2]) in (20, 58)
    assert_not_quoted(half, result)


@given(one=KEYS, other=KEYS, between=st.sampled_from([" ", "\n", ",", "", "\nOPENAI_ADMIN_KEY=", " o "]))
def test_two_different_keys_are_never_one(
    one: tuple[str, Mode], other: tuple[str, Mode], between: str
) -> None:
    assume(one[0] != other[0])
    # Glued together without a long beginning, the second one looks like a new format.
    assume(between or not re.match(r"sk-[A-Za-z0-9]{20}T3", other[0]))
    result = parse_pasted_key(one[0] + between + other[0], one[1])
    assert result.refusal is PasteRefusal.TWO_KEYS
    assert_not_quoted(one[0], result)
    assert_not_quoted(other[0], result)


@given(key=KEYS, seen=st.integers(0, 12), mask=st.sampled_from(["…", "...", "****", "••••••", "*" * 40]))
def test_a_masked_key_is_told_as_one(key: tuple[str, Mode], seen: int, mask: str) -> None:
    start = KEY_START.match(key[0])
    assert start
    masked = key[0][: start.end() + seen] + mask + key[0][-4:]
    assert parse_pasted_key(masked, key[1]).refusal is PasteRefusal.MASKED


PIECES = st.one_of(
    KEYS.map(lambda key: key[0]),
    KEYS.map(lambda key: key[0][:70]),
    st.sampled_from(
        [*WRAPPINGS, "sk-", "Sk-", "sk-proj-", INFIX, "…", "@", "/", "а", "–", "\ud800", "%", "\\u"]
    ),
    INVISIBLE,
    BREAKS,
    st.text(max_size=8),
)


@given(pieces=st.lists(PIECES, max_size=8), mode=st.sampled_from(["practice", "live", ""]))
def test_nothing_pasted_crashes_the_lint_or_is_quoted(pieces: list[str], mode: Mode) -> None:
    result = parse_pasted_key("".join(pieces), mode)
    assert (result.key is None) is (result.refusal is not None)
    for piece in pieces:
        if piece.startswith("sk-") and len(piece) > 40:
            assert_not_quoted(piece, result)


@given(secret=st.text(min_size=10, max_size=60))
def test_any_text_gets_an_answer_that_does_not_repeat_it(secret: str) -> None:
    result = parse_pasted_key(secret, "live")
    assert secret not in told(result).replace(secret[-4:], "") or secret.strip() in "sk-"


@given(pieces=st.lists(PIECES, max_size=8))
@example(pieces=["OPENAI_API_KEY=Sk-" + "a" * 30])
@example(pieces=["%2525%5C" + "u200b"])
@example(pieces=["export OPENAI_API_KEY=" * 20])
def test_cleaning_twice_changes_nothing_more(pieces: list[str]) -> None:
    cleaned, _ = clean("".join(pieces))
    assert clean(cleaned) == (cleaned, [])


UNITS = [*"\n _\\={[ax\u0430\u200b", "a.", "@.", "sk-", "sk-a\n", "%25", "0 ", "export "]


@sweep("unit", UNITS)
def test_the_longest_text_that_is_read_takes_no_time(unit: str) -> None:
    """No pattern goes wild: a cubic one would need minutes here."""
    for tail in ("", " x"):
        assert (
            parse_pasted_key((unit * LONGEST_PASTE)[: LONGEST_PASTE - len(tail)] + tail, "live").key is None
        )
