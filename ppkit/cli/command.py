"""Commands whose help is read from the catalogues, and a group that imports a command only to run it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeVar

import click

from ppkit.errors import PpkitError
from ppkit.keys.key_refusal import holds_key
from ppkit.look.texts import Texts

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SECTIONS = {"Options": "cli.help.options", "Commands": "cli.help.commands"}


class KeyAsArgument(PpkitError):
    """A key stands on the command line, where no command takes one; none was run. No facts."""

    code = "key_as_argument"


def refuse_key_arguments(arguments: Sequence[str]) -> None:
    """Raises KeyAsArgument for a key in any of them, whatever it is meant to be: no command has seen it yet.

    Also for one that was cut into several by its spaces, or stands right behind a short option's letter.
    """
    if any(holds_key(text) for text in (*arguments, " ".join(arguments), *(each[2:] for each in arguments))):
        raise KeyAsArgument


def texts_of(context: click.Context) -> Texts:
    """The texts that `main` chose for this run."""
    return context.find_root().ensure_object(Texts)


class Formatter(click.HelpFormatter):
    """Click's help page with our headings."""

    texts: Texts

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(
            prog, args, self.texts("cli.help.usage_heading") + " " if prefix is None else prefix
        )

    def write_heading(self, heading: str) -> None:
        super().write_heading(self.texts(_SECTIONS[heading]) if heading in _SECTIONS else heading)


class Context(click.Context):
    """Hands the texts of the run to the help page, which is one document where a program asked for that."""

    def __init__(self, *arguments: Any, as_json: bool = False, **rest: Any) -> None:
        super().__init__(*arguments, **rest)
        root = self.find_root()
        self._as_json = as_json if root is self else getattr(root, "_as_json", False)

    def get_help(self) -> str:
        page = super().get_help()
        return json.dumps({"help": page}, ensure_ascii=False, indent=1) if self._as_json else page

    def make_formatter(self) -> click.HelpFormatter:
        formatter = Formatter(width=self.terminal_width, max_width=self.max_content_width)
        formatter.texts = texts_of(self)
        return formatter


class Command(click.Command):
    """A command; its `help` and its options' `help` are ids of texts, filled in when shown."""

    context_class = Context

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(texts_of(ctx)(str(self.help)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_options(self, ctx, formatter)


class Group(click.Group):
    """A group that names its commands without importing them.

    `modules` maps a command's name to the module that holds it as `command`; `help` is the id of a text,
    and so is "<help>.<name>" for the one line about each command.
    """

    context_class = Context
    command_class = Command

    def __init__(self, name: str, help: str, modules: dict[str, str] | None = None, **rest: Any) -> None:  # noqa: A002 (click's name)
        super().__init__(name, help=help, **rest)
        self._modules = modules or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._modules, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._modules:
            found: click.Command = import_module(self._modules[cmd_name]).command
            return found
        return super().get_command(ctx, cmd_name)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(texts_of(ctx)(str(self.help)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        texts = texts_of(ctx)
        _write_options(self, ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, texts(f"{self.help}.{name}")) for name in self.list_commands(ctx)])


def _write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    rows = [_help_row(parameter, ctx) for parameter in command.get_params(ctx)]
    with formatter.section("Options"):
        formatter.write_dl([row for row in rows if row])


def _help_row(parameter: click.Parameter, ctx: click.Context) -> tuple[str, str] | None:
    row = parameter.get_help_record(ctx)
    if row is None or not isinstance(parameter, click.Option):
        return row
    text_id = "cli.help.help" if "--help" in parameter.opts else str(parameter.help)
    return row[0], texts_of(ctx)(text_id)


def json_option() -> Callable[[_Function], _Function]:
    """`--json`, for whatever a program may read."""
    return click.option("--json", "as_json", is_flag=True, help="cli.option.json")


class NotTogether(click.UsageError):
    """Two options of which only one can be meant."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__("")
        self.one, self.other = one, other


def usage_problem(error: click.UsageError, texts: Texts) -> str:
    """What click complains about, as a sentence of ours."""
    match error:
        case NotTogether(one=one, other=other):
            return texts("cli.misuse.not_together", one=one, other=other)
        case click.NoSuchOption():
            return texts("cli.misuse.no_such_option", name=error.option_name)
        case click.MissingParameter():
            return texts("cli.misuse.missing", name=_parameter(error.param))
        case click.BadParameter() if error.param and isinstance(error.param.type, click.Path | click.File):
            return texts("cli.misuse.unreadable_path", name=_parameter(error.param))
        case click.BadParameter():
            return texts("cli.misuse.bad_value", name=_parameter(error.param), choices=_choices(error.param))
        case _:
            unknown = "command" in error.format_message().lower()
            return texts("cli.misuse.no_such_command" if unknown else "cli.misuse.arguments")


def _parameter(parameter: click.Parameter | None) -> str:
    if parameter is None:
        return ""
    if isinstance(parameter, click.Option):
        return parameter.opts[0]
    return parameter.make_metavar(click.Context(click.Command("")))


def _choices(parameter: click.Parameter | None) -> str:
    """What the parameter takes, in no language: "it | en", "1 – 65535", "YYYY-MM-DD"."""
    match parameter.type if parameter else None:
        case click.Choice(choices=choices):
            return " | ".join(map(str, choices))
        case click.IntRange(min=least, max=most):
            return f"{least} – {'…' if most is None else most}"
        case click.DateTime():
            return "YYYY-MM-DD"
        case _:
            return "…"


def one_of(*names: str) -> click.Choice[str]:
    names_in_order: Sequence[str] = names
    return click.Choice(names_in_order)
