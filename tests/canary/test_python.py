"""A key in any text that a notebook hands over is shown nowhere and written nowhere.

Functions and parameters are found by their signatures, so that a new one is walked as well.
"""

from __future__ import annotations

import inspect
import io
import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from operator import attrgetter
from pathlib import Path
from types import FunctionType
from typing import Any

import openai
import pytest
from keys.canaries import key_of

import ppkit
from ppkit.ai_assistant import Brief, Post, Purse, networks
from ppkit.clock import ManualClock
from ppkit.drafts import layouts
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, KeyInText
from ppkit.keys.process_guard import guard_process
from ppkit.metering import Meter
from ppkit.money import Money
from ppkit.papers import certificate_for
from ppkit.sessions import Session
from ppkit.settings import load_settings
from ppkit.spending.ledger import Call

from .canary import CANARIES, SOME, Canary

EXEMPT = {
    "ppkit.OpenAI": "takes keys: the SDK's own arguments",
    "ppkit.AsyncOpenAI": "takes keys: the SDK's own arguments",
    "ppkit.HardLimitReached": "an answer's error, made from an answer",
    "ppkit.UnmeteredWarning": "a warning of our own making",
    "ppkit.Session": "takes settings, which are walked with the command line",
    "session.client": "takes keys: the SDK's own arguments",
    "session.async_client": "takes keys: the SDK's own arguments",
    "session.connection.client": "takes keys: the SDK's own arguments",
    "session.connection.async_client": "takes keys: the SDK's own arguments",
    "session.connection.arguments": "takes keys: the SDK's own arguments",
    "session.connection.async_arguments": "the same",
    "session.connection.drop_in_arguments": "the same",
    "session.connection.client_for": "takes keys: the SDK's own arguments",
    "session.connection.drill_client": "takes the key of a drill's own account",
}
TEXTS = (
    "str",
    "Day",
    "LimitAmount",
    "SoftAmounts",
    "Start",
    "LimitPeriod",
    "Path",
    "Brief",
    "Call",
    "Mapping",
    "Sequence",
    "object",
)
"""What stands in the annotation of a parameter that may carry text."""
NO_TEXT = ("Callable", "Literal", "bool")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Iterator[Session]:
    for name in [name for name in os.environ if name.startswith(("PPKIT_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(
        "PPKIT_MODE", "live"
    )  # nothing is started, and nothing is sent: the walk only hands over
    monkeypatch.setenv("PPKIT_LANGUAGE", "en")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "")
    opened = Session(load_settings(), clock)
    yield opened
    with suppress(PpkitError):
        opened.ledger.close()


def roots(session: Session) -> dict[str, object]:
    """What a notebook reaches: the package's vocabulary, the session, and the objects it hands out."""
    named = {f"ppkit.{name}": getattr(ppkit, name) for name in ppkit.__all__ if name != "__version__"}
    parts = {
        f"session.{name}": attrgetter(name)(session)
        for name in (
            "ledger",
            "budget",
            "accounting",
            "accounting.plan_credits",
            "accounting.catalogue",
            "linking",
            "linking.saved",
            "connection",
            "progress",
            "wizard",
            "key_rotation",
            "account_note",
            "assistant",
            "drafts",
        )
    }
    return {**named, "session": session, **parts}


def functions(session: Session) -> dict[str, Callable[..., object]]:
    """Every public function, and every public method of those objects."""
    found: dict[str, Callable[..., object]] = {}
    for name, root in roots(session).items():
        if inspect.isclass(root) or inspect.isfunction(root):
            found[name] = root
        if not inspect.isfunction(root):
            for method in dir(type(root) if not inspect.isclass(root) else root):
                static = inspect.getattr_static(root, method)
                kinds = classmethod | staticmethod if inspect.isclass(root) else FunctionType | classmethod
                if not method.startswith("_") and isinstance(static, kinds):
                    found[f"{name}.{method}"] = getattr(root, method)
    found["session.highest_cost"] = session.accounting.highest_cost
    found["Brief"] = Brief
    found["Call"] = Call
    return {name: function for name, function in found.items() if name not in EXEMPT}


def parameters(function: Callable[..., object]) -> Iterator[inspect.Parameter]:
    """Those that may carry text."""
    for parameter in inspect.signature(function).parameters.values():
        written = str(parameter.annotation)
        if any(text in written for text in TEXTS) and not any(no in written for no in NO_TEXT):
            yield parameter


def handed(parameter: inspect.Parameter, text: str) -> Iterator[object]:
    """The text, in every form in which this parameter takes one."""
    written = str(parameter.annotation)
    if "Brief" in written or "Call" in written:
        return  # made from texts, and walked by themselves
    yield text
    if "Sequence" in written or "SoftAmounts" in written:
        yield [text]
        yield [f"tag:{text}"]
    if "Mapping" in written:
        yield {text: "x"}
        yield {"model": text}
        yield {"tag:client": text}
    if parameter.name in ("by", "tag", "scope"):
        yield f"tag:{text}"
        yield f"client={text}"
        yield f"{text}=x"
        yield f"key:{text}"


def others(function: Callable[..., object], walked: str) -> dict[str, object]:
    """Something for every parameter that must be given besides the walked one."""
    values: dict[str, object] = {
        "call_id": "call",
        "cost": Money(1),
        "alert_id": 1,
        "name": "client",
        "value": "x",
        "key": _a_key(),
        "checks": [],
        "check": "link.used",
        "step": "key",
        "organization": "",
        "project": "",
        "text": "{}",
        "findings": [],
        "practice_state": {},
        "endpoint": "chat/completions",
        "body": {},
        "path": ".",
        "model": "gpt-6-luna",
        "at": _noon(),
        "change": lambda facts: facts,
        "ceiling": Money(1),
        "kind": "text",
        "call": Call("call", "gpt-6-luna", "…WXYZ", "responses"),
        "brief": Brief("a terrace"),
        "taken": "2026-11",
        "input": "1",
        "output": "1",
        "old": None,
        "answer": None,
        "listed": None,
        "in_use": None,
        "stage": "dead",
        "link": lambda key: key,
        "chosen": None,
        "typed_end": "",
        "topic": "a terrace",
        "id": "call",
        "amount": "1",
        "pico_usd": 1,
        "tier": None,
        "on": _noon(),
        "day": "2026-11-23",
        "draft_id": 1,
        "draft_ids": [],
        "drafts": [],
        "batch_id": 1,
        "image": b"\x89PNG\r\n\x1a\n",
        "month": "2026-11",
        "models": ["gpt-6-luna"],
        "posts": [Brief("a terrace")],
    }
    needed = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind not in (2, 4) and parameter.name != walked
    ]
    return {name: values.get(name, "x") for name in needed}


def _a_key() -> ApiKey:
    return ApiKey(key_of("project", "of a caller"))


def _noon() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 11, 23, 12, tzinfo=UTC)


def told(error: BaseException) -> str:
    """Everything that an error says of itself, and of what led to it."""
    parts: list[object] = []
    failed: BaseException | None = error
    while failed is not None:
        parts += [str(failed), repr(failed), failed.args, getattr(failed, "facts", ""), failed.__dict__]
        failed = failed.__cause__ or (None if failed.__suppress_context__ else failed.__context__)
    if isinstance(error, PpkitError):
        parts.append(pickle.dumps(error.facts))
        parts.append(pickle.dumps(error.args))
    lines = traceback.format_exception(error)
    return " ".join(map(str, parts)) + "".join(line for line in lines if "canary" not in line)


def hand_over(function: Callable[..., object], given: dict[str, object]) -> str:
    """What comes of it, in words."""
    try:
        result = function(**given)
        if isinstance(result, AbstractContextManager):
            with result as inner:
                return repr(inner)
    except Exception as error:
        return told(error)
    return repr(result)


def walk(session: Session, canary: Canary) -> Iterator[tuple[str, dict[str, object], Callable[..., object]]]:
    for name, function in functions(session).items():
        signature = inspect.signature(function)
        for parameter in parameters(function):
            if parameter.kind is parameter.VAR_KEYWORD:
                for extra in ({"client": canary.text}, {canary.text: "x"}):
                    yield name, dict[str, object](extra), function
                continue
            if parameter.kind is parameter.VAR_POSITIONAL:
                continue
            assert parameter.name in signature.parameters
            for value in handed(parameter, canary.text):
                yield name, {**others(function, parameter.name), parameter.name: value}, function


def test_the_walk_meets_what_it_should(session: Session) -> None:
    met = {(name, argument) for name, given, _ in walk(session, CANARIES[0]) for argument in given}
    assert len(met) > 50
    for known in (
        "ppkit.tags client",
        "session.budget.set soft",
        "session.budget.set since",
        "session.budget.set period",
        "session.budget.set tag",
        "session.ledger.report by",
        "session.ledger.report where",
        "ppkit.scan path",
        "ppkit.key name",
        "session.use name",
        "session.account_note.write project",
        "Brief topic",
        "Call model",
        "session.drafts.new texts",
        "session.drafts.edit client",
        "session.drafts.search words",
        "session.drafts.export layout",
        "session.drafts.read_briefs file",
        "session.drafts.batch client",
        "session.drafts.compare models",
    ):
        assert tuple(known.split()) in met, known


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.shape)
def test_no_function_shows_or_writes_it(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str], canary: Canary
) -> None:
    session.ledger.totals()
    session.drafts.new("a terrace", {"x": "A post"})
    for name, given, function in list(walk(session, canary)):
        said = hand_over(function, given)
        assert not canary.is_in(said), (name, list(given), said[:300])
        printed = "".join(capsys.readouterr())
        assert not canary.is_in(printed), (name, list(given))
    assert canary.places(tmp_path) == []


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.shape)
def test_names_labels_limits_and_questions_are_refused_by_name(session: Session, canary: Canary) -> None:
    asked: tuple[Callable[[], object], ...] = (
        lambda: ppkit.tags(client=canary.text).__enter__(),
        lambda: session.budget.set(soft=canary.text),
        lambda: session.budget.set(hard="1", tag=f"client={canary.text}"),
        lambda: session.budget.get(tag=f"client={canary.text}"),
        lambda: session.ledger.report(by=canary.text),
        lambda: session.ledger.report(by=f"tag:{canary.text}"),
        lambda: session.ledger.report(where={"model": canary.text}),
        lambda: session.ledger.report(since=canary.text),
        lambda: Call("call", "gpt-6-luna", "…WXYZ", "responses", {"client": canary.text}),
        lambda: Call(canary.text, "gpt-6-luna", "…WXYZ", "responses"),
        lambda: ppkit.scan(canary.text),
        lambda: Brief(canary.text),
        lambda: certificate_for(canary.text, session.course.map, "live", _noon()),
        lambda: session.practice_link.new_key(canary.text),
        lambda: session.drafts.new("a terrace", {"x": canary.text}),
        lambda: session.drafts.edit(1, client=canary.text),
        lambda: session.drafts.search(canary.text),
        lambda: session.drafts.export([], canary.text),
        lambda: session.drafts.batch([Brief("a terrace")], client=canary.text),
    )
    for ask in asked:
        with pytest.raises(KeyInText) as refused:
            ask()
        assert not canary.is_in(told(refused.value))


@pytest.mark.parametrize("canary", SOME, ids=lambda canary: canary.shape)
def test_no_error_carries_it_in_whatever_fact(canary: Canary) -> None:
    kinds: list[type[PpkitError]] = [PpkitError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    made_from_a_request: type = openai.APIError
    kinds = [kind for kind in kinds if made_from_a_request not in kind.__mro__]
    assert len(kinds) > 60
    for kind in kinds:
        error = kind.__new__(kind)
        given = {
            "value": canary.text,
            "path": Path(canary.text),
            "parts": [canary.text],
            "facts": {"a": canary.text},
        }
        PpkitError.__init__(error, **given)
        assert not canary.is_in(told(error))
        assert not canary.is_in(error.facts)


@pytest.mark.parametrize("canary", SOME, ids=lambda canary: canary.shape)
def test_a_traceback_that_nobody_caught_tells_no_more(
    session: Session, monkeypatch: pytest.MonkeyPatch, canary: Canary
) -> None:
    import sys

    guard_process()
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    try:
        session.budget.set(soft=canary.text)
    except KeyInText as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert "KeyInText" in said.getvalue()
    assert not canary.is_in(said.getvalue())


def test_a_name_for_a_key_in_the_books_is_no_key(session: Session) -> None:
    for canary in SOME:
        with pytest.raises(KeyInText):
            Call("call", "gpt-6-luna", canary.text, "responses")
    assert Meter(session.ledger, session.accounting.catalogue, session.clock).key_names == {}


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.shape)
def test_what_a_model_wrote_is_kept_and_exported_without_it(
    session: Session, tmp_path: Path, canary: Canary
) -> None:
    brief = Brief("a terrace")
    post = Post(f"Come in: {canary.text}", networks()["x"], Purse.PLAN, "gpt-6-luna", 1, True, None, None)
    draft = session.drafts.keep(post, brief)
    assert draft.has_masked_key
    for layout in (*layouts(), "markdown", "zip"):
        for export in session.drafts.export([draft], layout):
            export.save(tmp_path / "out")
    table = session.drafts.read_briefs(f"topic,client,{canary.text}\n{canary.text},x,y\n".encode())
    assert not canary.is_in(table)
    assert not canary.is_in(table.faulty_csv(session.texts))
    assert canary.places(tmp_path) == []
