"""`ppkit class agency` writes what learners may see, and says where."""

from __future__ import annotations

from pathlib import Path

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
