"""`ppkit drafts`: what is kept, found, handed to another tool, and taken from a table of briefs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import click

from ppkit.cli.command import Group, json_option, one_of
from ppkit.cli.output import print_json, table
from ppkit.current_session import session
from ppkit.drafts import BriefTable, Draft, DraftStatus, Export, ExportRemark, FaultyRow, layouts
from ppkit.drafts.exports import PAGES, save_file
from ppkit.drafts.layouts import TableFormat
from ppkit.look import formats
from ppkit.look.texts import Texts

OWN_LAYOUTS = ("table", *PAGES)
"""What no scheduler takes: exporting so does not mean that a draft is on its way."""

STATES = tuple(status.value for status in DraftStatus)
SOME_FAULTY = 1
LONGEST_SHOWN = 48  # characters of a topic in a line

command = Group("drafts", help="cli.help.drafts")


@command.command("list", help="cli.help.drafts.list")
@click.option("--client", help="cli.drafts.option.client")
@click.option("--status", type=one_of(*STATES), help="cli.drafts.option.status")
@json_option()
@click.pass_obj
def list_drafts(texts: Texts, client: str | None, status: str | None, as_json: bool) -> None:
    _tell(session().drafts.all(client=client, status=status), texts, as_json=as_json)


@command.command("search", help="cli.help.drafts.search")
@click.argument("words", nargs=-1, required=True)
@click.option("--client", help="cli.drafts.option.client")
@json_option()
@click.pass_obj
def search(texts: Texts, words: Sequence[str], client: str | None, as_json: bool) -> None:
    _tell(session().drafts.search(" ".join(words), client=client), texts, as_json=as_json)


@command.command("export", help="cli.help.drafts.export")
@click.argument("draft_ids", metavar="[ID]...", nargs=-1, type=click.IntRange(min=1))
@click.option(
    "--for", "layout", type=one_of(*layouts(), *PAGES), default="postpickr", help="cli.drafts.option.for"
)
@click.option("--format", "file_format", type=one_of("csv", "xlsx"), help="cli.drafts.option.format")
@click.option("--client", help="cli.drafts.option.client")
@click.option("--status", type=one_of(*STATES), help="cli.drafts.option.status")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="cli.drafts.option.to",
)
@json_option()
@click.pass_obj
def export(
    texts: Texts,
    *,
    draft_ids: Sequence[int],
    layout: str,
    file_format: TableFormat | None,
    client: str | None,
    status: str | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Of these numbers, or of all that match; what a scheduler takes is marked as exported."""
    drafts = session().drafts
    chosen = (
        [drafts.get(each) for each in draft_ids] if draft_ids else drafts.all(client=client, status=status)
    )
    exports = drafts.export(chosen, layout, file_format)
    paths = [each.save(folder) for each in exports]
    if layout not in OWN_LAYOUTS:
        drafts.mark_exported({draft_id: None for each in exports for draft_id in each.draft_ids})
    if as_json:
        print_json([_export_row(each, path) for each, path in zip(exports, paths, strict=True)])
        return
    for each, path in zip(exports, paths, strict=True):
        click.echo(texts.plural("cli.drafts.exported", each.rows, path=path))
    tool = layouts()[layout].label if layout in layouts() else layout
    for code, ids in _together(remark for each in exports for remark in each.remarks).items():
        shown = ", ".join(map(str, sorted(ids)))
        click.echo(f"- {texts.plural(f'drafts.remark.{code}', len(ids), tool=tool)} ({shown})")


@command.command("import", help="cli.help.drafts.import")
@click.argument("file", type=click.File("rb"))
@click.option("--client", default="", help="cli.drafts.option.client_of_rows")
@click.option("--faulty", type=click.Path(dir_okay=False, path_type=Path), help="cli.drafts.option.faulty")
@json_option()
@click.pass_obj
def import_file(texts: Texts, file: IO[bytes], client: str, faulty: Path | None, as_json: bool) -> int:
    drafts = session().drafts
    found = drafts.read_briefs(file.read())
    kept = drafts.keep_ideas(row.for_client(client) for row in found.rows)
    if faulty is not None and found.faulty:
        save_file(faulty, found.faulty_csv(texts))
    if as_json:
        print_json({"ideas": [draft.id for draft in kept], **faults_document(found, texts)})
    else:
        tell_faults(found, texts)
        click.echo(texts.plural("cli.drafts.imported", len(kept)))
    return SOME_FAULTY if found.faulty else 0


def tell_faults(found: BriefTable, texts: Texts) -> None:
    """Each row that was left out, and each column, on standard error."""
    for row in found.faulty:
        fault = texts(f"drafts.fault.{row.code}")
        click.echo(texts("cli.drafts.faulty_row", line=row.line, fault=fault), err=True)
    if found.unknown_columns:
        names = ", ".join(found.unknown_columns)
        click.echo(texts("cli.drafts.unknown_columns", names=names), err=True)


def faults_document(found: BriefTable, texts: Texts) -> dict[str, object]:
    return {
        "faulty": [_fault_row(row, texts) for row in found.faulty],
        "unknown_columns": list(found.unknown_columns),
    }


def _fault_row(row: FaultyRow, texts: Texts) -> dict[str, object]:
    fault = texts(f"drafts.fault.{row.code}")
    return {"line": row.line, "code": row.code, "fault": fault, "cells": list(row.cells)}


def _tell(drafts: Sequence[Draft], texts: Texts, *, as_json: bool) -> None:
    if as_json:
        print_json([_draft_row(draft) for draft in drafts])
    elif not drafts:
        click.echo(texts("cli.drafts.none"))
    else:
        names = ("id", "planned", "client", "status", "networks", "topic")
        head = [texts(f"cli.drafts.column.{name}") for name in names]
        click.echo(table(head, [_line(draft, texts) for draft in drafts], numbers_from=len(names)))


def _line(draft: Draft, texts: Texts) -> list[str]:
    hour = draft.planned
    planned = f"{formats.date(hour, texts.language)}, {formats.time(hour)}" if hour else ""
    topic = " ".join(draft.topic.split())
    short = topic if len(topic) <= LONGEST_SHOWN else topic[: LONGEST_SHOWN - 1] + "…"
    status = texts(f"drafts.status.{draft.status}")
    return [str(draft.id), planned, draft.client, status, ", ".join(draft.texts), short]


def _draft_row(draft: Draft) -> dict[str, object]:
    return {
        "id": draft.id,
        "client": draft.client,
        "status": draft.status.value,
        "topic": draft.topic,
        "planned": draft.planned.isoformat() if draft.planned else None,
        "link": draft.content.link,
        "texts": {name: text.text for name, text in draft.texts.items()},
        "images": [{"file": image.file, "alt": image.alt, "url": image.url} for image in draft.images],
        "made_by_ai": list(draft.made_by_ai),
        "models": list(draft.models),
        "credits": draft.credits,
        "cost_pico_usd": draft.cost.pico_usd,
    }


def _export_row(export: Export, path: Path) -> dict[str, object]:
    remarks = [{"code": remark.code, "drafts": list(remark.draft_ids)} for remark in export.remarks]
    return {"file": str(path), "rows": export.rows, "drafts": list(export.draft_ids), "remarks": remarks}


def _together(remarks: Iterable[ExportRemark]) -> dict[str, list[int]]:
    """Each remark once, for all files."""
    found: dict[str, list[int]] = {}
    for remark in remarks:
        ids = found.setdefault(remark.code, [])
        ids += [each for each in remark.draft_ids if each not in ids]
    return found
