"""`.env`: every encoding and form that people and systems write, and that nothing in it stops the reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.dotenv_file import decoded, parse, read_dotenv
from ppkit.keys import parse_pasted_key
from ppkit.keys.chain_texts import describe_dotenv
from ppkit.keys.sources import DotenvLinesPassedOver, read_variable
from ppkit.look.texts import Texts

KEY = "sk-practice-" + "Ab3Cd4Ef5Gh6" * 4
OTHERS = "sk-" + "ant-api03-" + "Ab3Cd4Ef5Gh6" * 8
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
FORMS = [
    "OPENAI_API_KEY={key}",
    "OPENAI_API_KEY = {key}   # mine",
    "openai_api_key={key}",
    'OPENAI_API_KEY="{key}"',
    "OPENAI_API_KEY='{key}' # mine",
    'OPENAI_API_KEY="{key}',
    "OPENAI_API_KEY=\u201c{key}\u201d",
    "OPENAI_API_KEY=`{key}`",
    "export OPENAI_API_KEY={key}",
    'export OPENAI_API_KEY="{key}";',
    "set OPENAI_API_KEY={key}",
    'set "OPENAI_API_KEY={key}"',
    "setx OPENAI_API_KEY {key}",
    'setx OPENAI_API_KEY "{key}" /M',
    '$env:OPENAI_API_KEY="{key}"',
    "$Env:OPENAI_API_KEY = '{key}';",
    '[Environment]::SetEnvironmentVariable("OPENAI_API_KEY", "{key}", "User")',
    "OPENAI_API_KEY: {key}",
    "- OPENAI_API_KEY={key}",
    "OPENAI_API_KEY {key}",
    '"OPENAI_API_KEY": "{key}",',
    'os.environ["OPENAI_API_KEY"] = "{key}"',
    "ENV OPENAI_API_KEY={key}",
    "OPENAI_API_KEY=Bearer {key}",
    "OPENAI_API_KEY=\n{key}",
    "OPENAI_API_KEY={head}\n{tail}",
    'OPENAI_API_KEY="{head}\n{tail}"',
    "OPENAI_API_KEY={head}\\\n{tail}",
    'OPENAI_API_KEY="""{key}"""',
    "set -gx OPENAI_API_KEY {key}",
    "typeset -x OPENAI_API_KEY={key}",
    "@set OPENAI_API_KEY={key}",
    "%env OPENAI_API_KEY={key}",
    "docker run --env OPENAI_API_KEY={key} image",
    'Environment="OPENAI_API_KEY={key}"',
    '${{env:OPENAI_API_KEY}} = "{key}"',
    'Set-Item -Path Env:OPENAI_API_KEY -Value "{key}"',
    'os.environ.setdefault("OPENAI_API_KEY", "{key}")',
    '{{"env": {{"OPENAI_API_KEY": "{key}",}}}}',
    "<p>OPENAI_API_KEY={key}</p>",
]


def written(form: str) -> str:
    return form.format(key=KEY, head=KEY[:30], tail=KEY[30:])


@pytest.mark.parametrize(
    "text", ["A=1\0\n{}\n", "{}\0\nA=1\n", "A=1\n\0{}\n", "A=1\u2028{}\n", "A=1\x85{}"], ids=ascii
)
def test_a_zero_byte_or_a_rare_line_end_swallows_no_line(text: str) -> None:
    found = parse(decoded(text.format(f"OPENAI_API_KEY={KEY}").encode())).get("OPENAI_API_KEY")
    assert found is not None
    assert found.value == KEY


@pytest.mark.parametrize(
    "line", ["# the OPENAI_API_KEY is in the vault", "URL=http://host/?k=${OPENAI_API_KEY:-none}"]
)
def test_a_key_that_is_only_spoken_of_is_not_set(line: str) -> None:
    assert parse(line).get("OPENAI_API_KEY") is None


@sweep("line_end", ["\n", "\r\n", "\r"])
@sweep("encoding", ENCODINGS)
@sweep("form", FORMS)
def test_the_key_is_found_in_every_form_and_encoding(form: str, encoding: str, line_end: str) -> None:
    text = f"# caff\u00e8\nPPKIT_LANGUAGE=it\n\n{written(form)}\nPPKIT_MODE=live\n".replace("\n", line_end)
    said = parse(decoded(text.encode(encoding)))
    found = said.get("OPENAI_API_KEY")
    assert found
    read = parse_pasted_key(found.value, "practice").key
    assert read
    assert (read.get_secret_value(), found.line) == (KEY, 4)
    assert [(one.name, one.value) for one in said.assignments if one.name.startswith("PPKIT")] == [
        ("PPKIT_LANGUAGE", "it"),
        ("PPKIT_MODE", "live"),
    ]
    assert said.passed_over == ()


@given(st.lists(st.tuples(st.sampled_from(FORMS), st.sampled_from(ENCODINGS)), min_size=2, max_size=4))
def test_what_several_systems_appended_in_turn_is_read_line_by_line(parts: list[tuple[str, str]]) -> None:
    content = b"".join(f"{written(form)}\r\nA{n}=1\r\n".encode(how) for n, (form, how) in enumerate(parts))
    said = parse(decoded(content))
    keys = [parse_pasted_key(one.value, "practice").key for one in said.all_of("OPENAI_API_KEY")]
    assert [key and key.get_secret_value() for key in keys] == [KEY] * len(parts)
    assert [name for one in said.assignments if (name := one.name).startswith("A")] == [
        f"A{n}" for n in range(len(parts))
    ]


def test_a_json_object_is_read_also_inside_of_another_one() -> None:
    said = parse(f'{{\n "env": {{"OPENAI_API_KEY": "{KEY}"}},\n "PPKIT_MODE": "live"\n}}')
    assert [(one.name, one.line) for one in said.assignments] == [("OPENAI_API_KEY", 2), ("PPKIT_MODE", 3)]


@example(b"\xff\xfe\x00")
@example(b"{" * 3000)
@example(b'A="' * 50)
@given(st.binary(max_size=400))
def test_reading_never_raises_and_shows_no_value(content: bytes) -> None:
    said = parse(decoded(content))
    assert all(one.value not in repr(said) for one in said.assignments if len(one.value) > 12)


@given(st.text(max_size=300), st.binary(max_size=30))
def test_whatever_stands_before_it_the_last_line_is_read(text: str, bad: bytes) -> None:
    junk = text.replace('"', "").replace("'", "").replace("\0", "").encode("utf-8", "replace")
    content = b"# " + bad.replace(b"\0", b"").replace(b"\n", b"") + b"\n#" + junk + b"\nPPKIT_MODE=live\n"
    found = parse(decoded(content)).get("PPKIT_MODE")
    assert found
    assert found.value == "live"


def test_a_quote_left_open_swallows_no_other_line() -> None:
    said = parse('A="one\nB=two\nC="three"\n')
    assert [(one.name, one.value) for one in said.assignments] == [("A", "one"), ("B", "two"), ("C", "three")]


def test_lines_passed_over_and_names_given_twice_are_told_by_number(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"PPKIT_MODE=live\nmy own key:{'x' * 3}\n{KEY}\nhello there\nPPKIT_MODE=practice\n")
    said = read_dotenv(path)
    assert said.get("PPKIT_MODE") == said.assignments[-1]
    assert [(one.line, one.like_key) for one in said.passed_over] == [(2, False), (3, True), (4, False)]
    for language in ("it", "en"):
        told = describe_dotenv(path, Texts(language))
        assert "1, 5" in told[0]
        assert "2, 3, 4" in told[1]
        assert "hello" not in " ".join(told)
        assert KEY[-12:] not in " ".join(told)


@pytest.mark.parametrize("name", ["OPENAI_KEY", "OPEN_AI_API_KEY", "API_KEY", "key"])
def test_a_key_under_a_wrong_name_is_told_by_its_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"PPKIT_MODE=live\n{name}={KEY}\nANTHROPIC_API_KEY={OTHERS}\n")
    with pytest.raises(DotenvLinesPassedOver) as told:
        read_variable(path, "OPENAI_API_KEY")
    assert told.value.facts["lines"] == "2"


def test_other_services_keys_and_the_admin_key_are_nobody_s_mistake(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"ANTHROPIC_API_KEY={OTHERS}\nOPENAI_ADMIN_KEY={KEY}\n")
    assert read_variable(path, "OPENAI_API_KEY") is None


def test_of_a_file_that_is_no_text_a_few_lines_are_told(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("no assignment\n" * 500)
    assert len(describe_dotenv(path, Texts("en"))[0]) < 200
