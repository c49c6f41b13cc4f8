"""What a scan found, in the words of a user."""

from __future__ import annotations

from collections.abc import Iterator

from ppkit.keys.scan.leaks import Leak, PlaceUnit, ScanReport, without_a_key
from ppkit.keys.vendors import NAMES
from ppkit.look.texts import Texts


def lines_about(report: ScanReport, texts: Texts) -> Iterator[str]:
    """Where each key lies, how many there are, and what to do now."""
    for leak in report.real:
        yield _line(leak, texts)
    if report.real:
        yield texts.plural("keys.scan.found", len(report.real))
        yield texts("keys.scan.now")
        if any(leak.place.cell or leak.place.part is PlaceUnit.WIDGETS for leak in report.real):
            yield texts("keys.scan.now_notebook")
        if any(leak.commit for leak in report.real):
            yield texts("keys.scan.now_history")
    for leak in report.practice:
        yield _line(leak, texts)
    if report.practice:
        yield texts.plural("keys.scan.practice", len(report.practice))
    yield from example_lines(report, texts)
    if not report.real and not report.practice:
        yield texts("keys.scan.none_seen" if report.unread else "keys.scan.clean")
    if report.accepted:
        yield texts.plural("keys.scan.accepted", report.accepted)
    if report.passed_over:
        yield texts("keys.scan.passed_over", names=", ".join(report.passed_over))
    if report.has_history:
        yield texts("keys.scan.no_history")


def example_lines(report: ScanReport, texts: Texts) -> Iterator[str]:
    """What has a key's form and was made up, as notes."""
    for leak in report.examples:
        yield _line(leak, texts)
    if report.examples:
        yield texts.plural("keys.scan.examples", len(report.examples))


def unread_lines(report: ScanReport, texts: Texts) -> Iterator[str]:
    """What was not looked into, and why."""
    for unread in report.unread:
        yield texts(f"keys.scan.unread.{unread.reason}", path=unread.path, what=unread.what or "?")


def place_of(leak: Leak, texts: Texts) -> str:
    """ "notes.txt:3", "lesson.ipynb, cell 4, output 1", "commit 1a2b3c4d5e, notes.txt:3"."""
    place = leak.place
    if place.part is PlaceUnit.LINE:
        where = f"{leak.path}:{place.number}"
    else:
        part = texts(
            f"keys.scan.part.{place.part}",
            cell=place.cell,
            number=place.number,
            table=without_a_key(place.table),
        )
        where = f"{leak.path}, {part}" if leak.path else part
    return texts("keys.scan.commit", commit=leak.commit, where=where) if leak.commit else where


def _line(leak: Leak, texts: Texts) -> str:
    vendor = NAMES.get(leak.kind)
    kind = texts("keys.scan.kind.vendor", vendor=vendor) if vendor else texts(f"keys.scan.kind.{leak.kind}")
    if leak.is_example:
        kind = texts("keys.scan.kind.example", kind=kind)
    return f"{place_of(leak, texts)}: {leak.masked}  ({kind}, {leak.fingerprint})"
