"""`ppkit class prepare` and `ppkit class serve`: a lesson from one file, and its gateway."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ppkit.class_service.class_lesson import ClassLesson
from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json
from ppkit.current_session import session
from ppkit.extras import require
from ppkit.look import formats
from ppkit.look.texts import Texts

PACKAGES = ("starlette", "uvicorn", "jinja2")
DEFAULT_PORT = 8642
LOOPBACK = "127.0.0.1"


@click.command("prepare", cls=Command, help="cli.help.class.prepare")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@json_option()
@click.pass_obj
def prepare(texts: Texts, path: Path, as_json: bool) -> None:
    require("class", *PACKAGES)
    from ppkit.class_service.class_setup import prepare_lesson  # lazy: needs the extra

    _served, prepared = prepare_lesson(session(), path)
    if as_json:
        print_json(_document(prepared.lesson))
    else:
        _tell(prepared.lesson, texts)


@click.command("serve", cls=Command, help="cli.help.class.serve")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--host", default="0.0.0.0", help="cli.class.option.host")  # noqa: S104
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, help="cli.class.option.port")
@click.option("--hub", is_flag=True, help="cli.class.option.hub")
@click.option("--url", "public_url", metavar="URL", help="cli.class.option.url")
@json_option()
@click.pass_obj
def serve(  # noqa: PLR0917  (click hands over one argument per option)
    texts: Texts, path: Path, host: str, port: int, hub: bool, public_url: str | None, as_json: bool
) -> None:
    require("class", *PACKAGES)
    from ppkit.class_service.class_app import class_app  # lazy: needs the extra
    from ppkit.class_service.class_server import EVERYWHERE, class_listener, own_address, serve_class
    from ppkit.class_service.class_setup import prepare_lesson, upstream_of
    from ppkit.class_service.hub_check import HubPlace, write_trainer_link

    place = HubPlace.of(os.environ) if hub else None
    if place is not None:
        host, port = place.host, place.port
    current = session()
    served, prepared = prepare_lesson(current, path)
    upstream = upstream_of(current)
    with class_listener(host, port) as listener:
        trainer = served.roster.new_trainer(served.id)
        taken = listener.getsockname()[1]
        learners = public_url or f"http://{own_address() if host == EVERYWHERE else host}:{taken}"
        here = public_url or f"http://{LOOPBACK if host == EVERYWHERE else host}:{taken}"
        if place is not None and public_url is None:
            learners, here = (f"{address}{place.prefix.rstrip('/')}" for address in (learners, here))
        # Under a Hub the address is the one by which somebody has come, with the service's prefix.
        shown_url = None if place is not None and public_url is None else learners
        app = class_app(
            served,
            current.meter,
            upstream,
            current.clock,
            current.mode,
            public_url=shown_url,
            hub=place,
            agency=current.accounting.agency,
        )
        shown = {"learners_url": f"{learners.rstrip('/')}/"}
        link = f"{here.rstrip('/')}/trainer#{trainer}"
        if place is None:
            shown |= {"code": prepared.join_code, "trainer_url": link}
        else:  # what is printed there goes to the Hub's log
            shown["trainer_link_file"] = str(write_trainer_link(current.home, served.id, link))

        def tell() -> None:
            if as_json:
                print_json(_document(prepared.lesson) | shown)
            else:
                _tell(prepared.lesson, texts)
                click.echo(texts("cli.class.served" if place is None else "cli.class.served_by_hub", **shown))
                click.echo(texts("cli.class.end"))

        serve_class(app, listener, tell)
    if not as_json:
        click.echo(texts("cli.class.stopped"))


def _tell(lesson: ClassLesson, texts: Texts) -> None:
    language = texts.language
    amounts = {
        name: formats.money(getattr(lesson, name), language, places="exact")
        for name in ("limit_per_learner", "limit_in_all", "at_most")
    }
    click.echo(
        texts(
            "cli.class.prepared",
            name=lesson.name,
            id=lesson.id,
            opens=_moment(lesson, "opens", language),
            closes=_moment(lesson, "closes", language),
            learners=formats.number(lesson.learners, language),
            models=", ".join(lesson.models),
            **amounts,
        )
    )


def _moment(lesson: ClassLesson, which: str, language: str) -> str:
    moment = getattr(lesson, which)
    return f"{formats.date(moment, language)} {formats.time(moment)} ({moment.tzname()})"


def _document(lesson: ClassLesson) -> dict[str, object]:
    return {
        "id": lesson.id,
        "name": lesson.name,
        "opens": lesson.opens.isoformat(),
        "closes": lesson.closes.isoformat(),
        "learners": lesson.learners,
        "models": list(lesson.models),
        "limit_per_learner_pico_usd": lesson.limit_per_learner.pico_usd,
        "limit_in_all_pico_usd": lesson.limit_in_all.pico_usd,
        "at_most_pico_usd": lesson.at_most.pico_usd,
    }
