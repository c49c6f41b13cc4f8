"""`ppkit class agency` writes what learners may see, and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppkit.look.texts import Texts

from .conftest import Ppkit

WHOLE = 'name = "Studio"\n[clients.quokka]\nname = "Quokka-canary"\n'


def test_the_command_says_where_it_has_written(ppkit: Ppkit) -> None:
    Path("whole.toml").write_text(WHOLE, "utf-8")
    told = ppkit("class", "agency", "whole.toml", "--to", "part", "--json")
    assert (told.code, told.json) == (0, {"file": str(Path("part", "agency.toml"))})
    assert "Studio" in Path(told.json["file"]).read_text("utf-8")
    assert "Quokka" not in Path(told.json["file"]).read_text("utf-8")
    assert str(Path("part", "agency.toml")) in ppkit("class", "agency", "whole.toml", "--to", "part").out


def test_a_file_that_is_not_there_is_told(ppkit: Ppkit) -> None:
    ran = ppkit("class", "agency", "nothing.toml", "--to", "part", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "agency_file")
    assert not Path("part").exists()


def test_a_course_that_no_learner_could_open_is_refused(ppkit: Ppkit) -> None:
    Path("whole.toml").write_text(f'{WHOLE}[course]\nhide = ["nothing"]\n', "utf-8")
    ran = ppkit("class", "agency", "whole.toml", "--to", "part", "--json")
    assert (ran.code, ran.json["error"]["facts"]["place"]) == (2, "course.hide")
    assert not Path("part").exists()


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_folder_that_cannot_be_had_is_told(
    ppkit: Ppkit, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    Path("whole.toml").write_text(WHOLE, "utf-8")
    Path("file").write_text("", "utf-8")
    texts = Texts(language)
    for to, code in (("file/part", "agency_part_not_written"), (".", "agency_folder_taken")):
        ran = ppkit("class", "agency", "whole.toml", "--to", to, "--json")
        error = ran.json["error"]
        assert (ran.code, error["code"]) == (2, code)
        assert error["what"] == texts(f"error.{code}.what", **error["facts"])
    assert Path("whole.toml").read_text("utf-8") == WHOLE
