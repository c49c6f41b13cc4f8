"""Sweeps over a catalogue: one test that tries every case and names all that fail.

A separate test costs some five milliseconds before its first line runs. Where hundreds of cases take less
than that each and share nothing that one could spoil for the next, `@sweep` stands in the place of
`@pytest.mark.parametrize`.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import settings

Test = Callable[..., None]

_MOST_SHOWN = 5
"""Failures that are shown with their tracebacks; the others are named."""

USUAL_EXAMPLES = 50
"""How many examples hypothesis tries of each property, in the usual profile."""

most_cases = 0
"""Try at most so many values of each sweep; all of them if 0. Set by `--cases`."""


def sweep(names: str | tuple[str, ...], values: Iterable[Any]) -> Callable[[Test], Test]:
    """Run the test once for each of `values`; stacked, for each combination. All failures are raised at once.

    With several names, each value is a tuple of as many. The test's fixtures are made once, for all cases.
    """
    split = tuple(name.strip() for name in names.split(",")) if isinstance(names, str) else names
    cases = [value if len(split) > 1 else (value,) for value in values]
    assert cases, "a sweep over nothing proves nothing"

    def decorate(test: Test) -> Test:
        axes = [*getattr(test, "axes", ()), [dict(zip(split, case, strict=True)) for case in cases]]
        body = getattr(test, "body", test)

        @functools.wraps(body)
        def swept(**fixtures: Any) -> None:
            _run(body, fixtures, [thinned(axis, most_cases) for axis in axes])

        parameters = inspect.signature(test).parameters.values()
        left = [parameter for parameter in parameters if parameter.name not in split]
        vars(swept).update(vars(test), axes=axes, body=body, __signature__=inspect.Signature(left))
        return swept

    return decorate


def examples(usual: int) -> int:
    """How many examples a property is tried with that names its number: more or fewer by the profile."""
    return max(1, usual * settings().max_examples // USUAL_EXAMPLES)


def thinned(cases: list[Any], most: int) -> list[Any]:
    """The first, the last and what lies evenly between, at most so many; all of them if `most` is 0."""
    if not most or len(cases) <= most:
        return cases
    return [cases[round(place * (len(cases) - 1) / max(1, most - 1))] for place in range(most)]


def _run(body: Test, fixtures: dict[str, Any], axes: list[list[dict[str, Any]]]) -> None:
    failures: dict[str, Exception] = {}
    combinations = list(itertools.product(*axes))
    for combination in combinations:
        case = {name: value for part in combination for name, value in part.items()}
        try:
            body(**fixtures, **case)
        except (Exception, pytest.fail.Exception) as failure:
            shown = ", ".join(f"{name}={value!r}"[:120] for name, value in case.items())
            failures[shown] = failure if isinstance(failure, Exception) else AssertionError(str(failure))
    if failures:
        summary = f"{len(failures)} of {len(combinations)} cases fail:\n" + "\n".join(failures)
        raise ExceptionGroup(summary, list(failures.values())[:_MOST_SHOWN])
