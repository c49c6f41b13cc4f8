"""Whatever is shown, logged or raised has no key in it."""

import io
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.keys import ApiKey, guard_handlers, redact

PRACTICE = "sk-practice-" + "CANARY" * 8
REAL = "sk-proj-" + "Canary_-" * 9 + "aa" + "T3Blbk" + "FJ" + "Canary_-" * 9 + "aa"


@pytest.mark.parametrize("key", [PRACTICE, REAL, "sk-" + "canary" * 8, "sk-ant-" + "canary" * 15])
@pytest.mark.parametrize(
    "text",
    [
        "{key}",
        "Illegal header value b'Bearer {key}\\n'",
        "Incorrect API key provided: {key}. You can find your API key at https://example.org.",
        '{{"api_key": "{key}"}}',
        "OPENAI_API_KEY={key}",
        "https://example.org/?key={key}&x=1",
        "'Authorization': 'Bearer {key}'",
        "({key})",
        "key{key}",
    ],
)
def test_a_key_is_reduced_to_its_last_four(text: str, key: str) -> None:
    shown = redact(text.format(key=key))
    assert "anary" not in shown.replace("…", "").lower() or shown.lower().count("nary") == 1
    assert key[8:-4] not in shown
    assert "…" in shown


def test_half_a_real_key_is_hidden_too() -> None:
    assert "Canary" not in redact(f"the end of it: {REAL[40:]}")


@pytest.mark.parametrize(
    "text",
    ["Incorrect API key provided: hunter2.", "Bearer hunter2", "api_key = 'hunter2'", 'api-key: "hunter2"'],
)
def test_a_short_wrong_key_is_hidden_whole(text: str) -> None:
    assert "hunter2" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "task-based work",
        "ask-me-anything-about-it",
        "Crea una chiave segreta",
        "risk-taking-behaviours",
        "sk-…NARY",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_a_known_key_is_hidden_whatever_it_looks_like() -> None:
    odd = ApiKey("completely/different+canary==")
    assert redact(f"x {odd.get_secret_value()} y", odd) == "x sk-…ry== y"


@given(before=st.text(max_size=30), after=st.text(max_size=30))
def test_no_text_around_a_key_keeps_it_visible(before: str, after: str) -> None:
    assert PRACTICE not in redact(before + " " + PRACTICE + " " + after)


@given(text=st.text(max_size=100))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def logged(message: str, *arguments: object, failing: bool = False) -> str:
    """What a guarded logger writes."""
    written = io.StringIO()
    logger = logging.Logger("canary")
    logger.addHandler(logging.StreamHandler(written))
    guard_handlers(logger)
    guard_handlers(logger)
    if not failing:
        logger.warning(message, *arguments)
        return written.getvalue()
    try:
        raise ValueError(f"Illegal header value b'Bearer {PRACTICE}\\n'")
    except ValueError:
        logger.warning(message, *arguments, exc_info=sys.exc_info())
    return written.getvalue()


def test_a_logged_message_and_its_arguments_are_redacted() -> None:
    assert logged("key %s of %d", PRACTICE, 1) == "key sk-…NARY of 1\n"


def test_a_logged_traceback_is_redacted() -> None:
    written = logged("failed", failing=True)
    assert "Traceback" in written
    assert "CANARYCANARY" not in written


def test_the_filter_is_put_on_a_handler_once() -> None:
    logger = logging.Logger("once")
    logger.addHandler(logging.NullHandler())
    guard_handlers(logger)
    guard_handlers(logger)
    assert len(logger.handlers[0].filters) == 1
