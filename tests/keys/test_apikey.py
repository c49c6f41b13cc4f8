"""The key that does not print itself."""

import copy
import json
import pickle
import traceback

import pytest

from ppkit.keys import ApiKey, KeyKind, MalformedKey

SECRET = "sk-practice-" + "CANARY" * 8
KEY = ApiKey(SECRET)


def test_one_method_reveals_the_secret() -> None:
    assert KEY.get_secret_value() == SECRET


@pytest.mark.parametrize(
    "show", [repr, str, format, "{}".format, "{!r}".format, ascii, lambda key: f"{[key]}"]
)
def test_a_key_prints_as_its_last_four_characters(show: object) -> None:
    shown = show(KEY)  # type: ignore[operator]
    assert "CANARYCANARY" not in shown
    assert "NARY" in shown


def test_a_key_has_no_dictionary_to_look_into() -> None:
    assert not hasattr(KEY, "__dict__")
    with pytest.raises(TypeError):
        vars(KEY)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_cannot_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(KEY, protocol)


def test_a_key_does_not_go_into_json() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps({"key": KEY})


def test_a_copy_of_a_key_is_the_key() -> None:
    assert copy.copy(KEY) is KEY
    assert copy.deepcopy([KEY])[0] is KEY


def test_a_key_does_not_change() -> None:
    with pytest.raises(AttributeError):
        KEY._value = "another"
    with pytest.raises(AttributeError):
        del KEY._value


def test_equal_keys_are_equal_and_hash_alike() -> None:
    assert ApiKey(SECRET) == KEY
    assert hash(ApiKey(SECRET)) == hash(KEY)
    assert ApiKey(SECRET[:-1] + "Z") != KEY
    assert KEY != SECRET


@pytest.mark.parametrize(
    "value", ["", "sk-short", SECRET + "\n", SECRET[:30] + " " + SECRET[30:], "ﬁ" + SECRET, "…" * 30]
)
def test_what_cannot_be_a_key_is_refused_without_being_quoted(value: str) -> None:
    with pytest.raises(MalformedKey) as caught:
        ApiKey(value)
    assert "CANARYCANARY" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("sk-practice-" + "a" * 48, KeyKind.PRACTICE),
        ("sk-practice-admin-" + "a" * 48, KeyKind.PRACTICE_ADMIN),
        ("sk-proj-" + "a" * 156, KeyKind.PROJECT),
        ("sk-svcacct-" + "a" * 156, KeyKind.SERVICE_ACCOUNT),
        ("sk-service-" + "a" * 156, KeyKind.SERVICE_ACCOUNT),
        ("sk-admin-" + "a" * 124, KeyKind.ADMIN),
        ("sk-" + "a" * 20 + "T3Blbk" + "FJ" + "a" * 20, KeyKind.LEGACY),
        ("sk-" + "a" * 48, KeyKind.UNKNOWN),
    ],
)
def test_the_first_letters_tell_the_kind(value: str, kind: KeyKind) -> None:
    assert ApiKey(value).kind is kind


def test_practice_keys_know_themselves() -> None:
    assert KEY.is_practice
    assert ApiKey("sk-practice-admin-" + "a" * 48).is_practice
    assert not ApiKey("sk-admin-" + "a" * 124).is_practice


def test_a_masked_key_is_three_letters_and_four() -> None:
    assert KEY.masked == "sk-…NARY"
    assert KEY.last4 == "NARY"
