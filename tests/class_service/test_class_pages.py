"""The lesson's door and the trainer's board, without a browser."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from metering.fake_platform import MODEL
from starlette.testclient import TestClient

from ppkit.agency import Agency, Colours, Logo
from ppkit.class_service.class_app import class_app
from ppkit.class_service.class_lesson import PLACES_PER_ADDRESS
from ppkit.class_service.join_guard import MOST_BY_ADDRESS, WINDOW_SECONDS
from ppkit.class_service.progress_records import ProgressRecords
from ppkit.class_service.roster import NewLearner
from ppkit.class_service.roster_places import RosterUnreachable
from ppkit.look.texts import Texts
from ppkit.money import ZERO, Money
from ppkit.spending.ledger import Call

from .conftest import ClassRoom, NewClass, a_lesson, token_on

EN = Texts("en")


def joined(room: ClassRoom, code: str | None = None, visit: str = "visit", **more: str) -> Any:
    form = {"code": code or room.join_code, "visit": visit, **more}
    return room.browser().post("/join", data=form)


def board(room: ClassRoom, token: str | None = None, **form: str) -> Any:
    found = token or room.roster.new_trainer(room.lesson.id)
    return room.browser().post("/trainer", data={"token": found, **form})


def test_whoever_has_the_code_gets_a_pseudonym_and_a_token(room: ClassRoom) -> None:
    answer = joined(room, f" {room.join_code[:3].upper()}-{room.join_code[3:]} ")
    page = unescape(answer.text)
    assert EN("class.joined.title", pseudonym="Vega") in page
    assert room.roster.learner("tuesday", token_on(page)) is not None
    assert 'os.environ["OPENAI_BASE_URL"] = "http://class.test/v1"' in page
    assert "sk-class" not in re.findall(r'id="cell".*?</textarea>', page, re.DOTALL)[0]
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_learner_has_a_limit_before_the_token_is_theirs(room: ClassRoom) -> None:
    joined(room)
    limits = {scope: limits.hard for scope, limits in room.budget.all("total").items()}
    assert limits["tag:learner=tuesday/Vega"] == room.lesson.limit_per_learner
    assert limits["tag:lesson=tuesday"] == room.lesson.limit_in_all


def test_a_form_that_is_sent_twice_takes_one_place_and_the_last_token_holds(room: ClassRoom) -> None:
    first, second = (token_on(joined(room).text) for _ in range(2))
    assert room.roster.learner("tuesday", first) is None
    assert [each.pseudonym for each in room.roster.learners("tuesday")] == ["Vega"]
    assert room.roster.learner("tuesday", second) is not None


def test_a_wrong_code_is_explained_and_not_repeated(room: ClassRoom) -> None:
    answer = joined(room, "wrong1<b>")
    assert answer.status_code == 422
    assert EN("error.wrong_join_code.what") in unescape(answer.text)
    assert "wrong1" not in answer.text
    assert room.roster.learners("tuesday") == []


def test_nobody_can_try_many_codes(room: ClassRoom) -> None:
    for number in range(MOST_BY_ADDRESS):
        joined(room, f"wrong{number}")
    assert EN("error.too_many_tries.what") in unescape(joined(room).text)
    assert room.roster.learners("tuesday") == []
    room.clock.advance(timedelta(seconds=WINDOW_SECONDS))
    assert token_on(joined(room).text)


def test_wrong_codes_at_the_same_moment_are_counted_before_they_are_tried(
    room: ClassRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    join = room.served.join

    def counted(code: str, visit: str) -> NewLearner:
        tried.append(code)
        return join(code, visit)

    monkeypatch.setattr(room.served, "join", counted)

    async def together() -> None:
        transport = httpx2.ASGITransport(room.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://class.test") as client:
            forms = ({"code": f"wrong{number}", "visit": "v"} for number in range(3 * MOST_BY_ADDRESS))
            await asyncio.gather(*(client.post("/join", data=form) for form in forms))

    asyncio.run(together())
    assert len(tried) == MOST_BY_ADDRESS


def test_a_class_behind_one_address_joins_at_the_same_moment(new_class: NewClass) -> None:
    room = new_class(learners=2 * MOST_BY_ADDRESS, places_per_address=2 * MOST_BY_ADDRESS)

    async def together() -> list[int]:
        transport = httpx2.ASGITransport(room.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://class.test") as client:
            forms = ({"code": room.join_code, "visit": f"v{number}"} for number in range(2 * MOST_BY_ADDRESS))
            return [
                each.status_code
                for each in await asyncio.gather(*(client.post("/join", data=form) for form in forms))
            ]

    assert asyncio.run(together()) == [200] * 2 * MOST_BY_ADDRESS


def test_wrong_tries_shut_no_trainer_out(room: ClassRoom) -> None:
    for number in range(MOST_BY_ADDRESS + 1):
        joined(room, f"wrong{number}")
        assert board(room, "sk-trainer-" + "a" * 32).status_code == 403
    assert board(room).status_code == 200


def test_wrong_trainers_tokens_shut_no_learner_out(room: ClassRoom) -> None:
    for _ in range(MOST_BY_ADDRESS + 1):
        board(room, "sk-trainer-" + "a" * 32)
    assert token_on(joined(room).text)


def test_a_full_lesson_says_so(new_class: NewClass) -> None:
    room = new_class(learners=2)
    for visit in ("a", "b"):
        joined(room, visit=visit)
    answer = joined(room, visit="d")
    assert EN("error.lesson_full.why", learners=2) in unescape(answer.text)
    assert len(room.roster.learners("tuesday")) == 2


def test_one_address_takes_no_more_than_its_places(new_class: NewClass) -> None:
    room = new_class(learners=30)
    for number in range(PLACES_PER_ADDRESS):
        joined(room, visit=f"me{number}")
    answer = joined(room, visit="me-again")
    assert EN("error.places_of_address_taken.why", places=PLACES_PER_ADDRESS) in unescape(answer.text)
    assert token_on(joined(room, visit="me0").text)  # the same place, with a new token
    assert len(room.roster.learners("tuesday")) == PLACES_PER_ADDRESS


def test_one_form_joins_two_lessons(room: ClassRoom) -> None:
    other = room.roster.prepare(a_lesson(id="wednesday"))
    joined(room)
    assert room.roster.join("wednesday", other.join_code, "visit").learner.pseudonym == "Vega"
    assert room.roster.join_as("tuesday", "hub:ada") != room.roster.join_as("wednesday", "hub:ada")


def test_a_place_that_is_removed_is_free_and_its_token_dead(new_class: NewClass) -> None:
    room = new_class(learners=1, limit_in_all=Money.usd(5))
    old = token_on(joined(room, visit="a").text)
    browser, bearer = room.browser(), {"authorization": f"Bearer {old}"}
    assert browser.get("/v1/models", headers=bearer).status_code == 200
    room.ledger.reserve(Call("a", "m", "…", "chat", room.lesson.tags("Vega")), Money.usd("0.05"))
    room.ledger.settle("a", Money.usd("0.05"))
    page = unescape(board(room, do="remove", learner="Vega").text)
    assert EN("class.board.joined_of", count=0, places=1) in page
    assert "$0.05" in page
    assert browser.get("/v1/models", headers=bearer).status_code == 401
    assert room.roster.reset("tuesday", "Vega") is None
    assert "Altair" in joined(room, visit="b").text  # nobody goes on with what somebody else has spent
    # What the lesson can cost at most stays what was said, however often places change hands.
    assert (
        room.budget.get("tag:lesson=tuesday", period="total").hard == room.lesson.at_most == Money.usd("0.10")
    )
    assert room.served.spending().left == Money.usd("0.05")
    assert [row.left for row in room.served.spending().learners] == [Money.usd("0.10"), ZERO]


def test_a_lesson_that_is_over_has_no_form(room: ClassRoom) -> None:
    room.clock.advance(timedelta(hours=2))
    for page in (room.browser().get("/").text, joined(room).text):
        assert EN("class.join.over") in page
        assert "<form" not in page
    assert room.roster.learners("tuesday") == []


def test_the_page_speaks_the_browsers_language_and_the_one_that_is_asked_for(room: ClassRoom) -> None:
    browser = room.browser()
    assert '<html lang="en">' in browser.get("/").text
    assert '<html lang="it">' in browser.get("/", headers={"accept-language": "it-IT,it;q=0.9"}).text
    assert '<html lang="it">' in browser.get("/?language=it").text
    assert '<html lang="it">' in joined(room, "wrong", language="it").text


def test_words_of_the_lesson_are_text_and_no_markup(new_class: NewClass) -> None:
    room = new_class(name="<script>x</script>", welcome="<b>&")
    for page in (room.browser().get("/").text, board(room).text):
        assert "<script>x" not in page
    assert "&lt;b&gt;&amp;" in room.browser().get("/").text


@pytest.mark.parametrize("body", [b"\xff", b"a=1&" * 20, b"x" * 20_000])
def test_what_is_no_form_is_refused(room: ClassRoom, body: bytes) -> None:
    assert room.browser().post("/join", content=body).status_code == 400


# --- the trainer


def test_the_board_is_the_trainers_alone(room: ClassRoom) -> None:
    learner = token_on(joined(room).text)
    for token in ("", "x", learner, room.join_code):
        answer = room.browser().post("/trainer", data={"token": token, "do": "close"})
        assert answer.status_code == 403
        assert "Vega" not in answer.text
        assert token in {"", "x"} or token not in answer.text
    assert room.served.state() == "open"


def test_the_board_shows_what_each_spent_and_what_is_left(room: ClassRoom) -> None:
    joined(room)
    tags = room.lesson.tags("Vega")
    for call, cost in (("a", "0.02"), ("b", "0.03")):
        room.ledger.reserve(Call(call, "m", "…", "chat", tags), Money.usd("0.05"))
        room.ledger.settle(call, Money.usd(cost))
    room.ledger.reserve(Call("c", "m", "…", "chat", tags), Money.usd("0.01"))
    room.ledger.give_up("c")
    room.ledger.reserve(Call("d", "m", "…", "chat", tags), Money.usd("0.02"))
    page = unescape(board(room).text)
    money = re.findall(r'class="pp-number" data-label="[^"]+">(?:<span>)?([^<]+)', page)
    assert money == ["$0.05", "$0.04"]
    assert EN("class.board.reserved", amount="$0.02") in page
    tiles = re.findall(r"<dd>([^<]+)", page)
    assert tiles == [EN("class.board.joined_of", count=1, places=3), "0", "$0.05", "$0.02", "$0.19"]
    assert EN("class.board.uncertain", amount="$0.01") in page


def test_the_board_marks_who_is_at_their_limit_and_has_a_place(room: ClassRoom) -> None:
    joined(room)
    assert EN("class.board.at_limit") not in board(room).text
    room.ledger.reserve(Call("a", "m", "…", "chat", room.lesson.tags("Vega")), Money.usd("0.05"))
    room.ledger.settle("a", Money.usd("0.1377"))
    assert EN("class.board.at_limit") in board(room).text
    assert EN("class.board.at_limit") not in board(room, do="remove", learner="Vega").text


def test_the_board_marks_whose_call_was_refused_until_one_goes_through(room: ClassRoom) -> None:
    token = token_on(joined(room).text)
    room.ledger.reserve(Call("a", "m", "…", "chat", room.lesson.tags("Vega")), Money.usd("0.05"))
    room.ledger.settle("a", Money.usd("0.099"))
    bearer = {"authorization": f"Bearer {token}"}

    def call(most: int) -> int:
        ask = {"model": MODEL, "input": "Ciao", "max_output_tokens": most}
        return room.browser().post("/v1/responses", json=ask, headers=bearer).status_code

    assert call(1000) == 429
    page = board(room).text
    assert EN("class.board.at_limit") in page
    assert "$0.001" in page  # what is left, and too little
    assert call(16) == 200
    assert EN("class.board.at_limit") not in board(room).text


def test_a_reset_gives_a_new_token_at_once(room: ClassRoom) -> None:
    old = token_on(joined(room).text)
    new = token_on(board(room, do="reset", learner="Vega").text)
    assert new != old
    assert room.roster.learner("tuesday", old) is None
    assert room.roster.learner("tuesday", new) is not None
    assert "sk-class" not in board(room, do="reset", learner="Nobody").text


def test_closing_ends_the_lesson_for_everybody_at_once(room: ClassRoom) -> None:
    browser, token = room.browser(), token_on(joined(room).text)
    bearer = {"authorization": f"Bearer {token}"}
    assert browser.get("/v1/models", headers=bearer).status_code == 200
    assert EN("class.state.over") in board(room, do="close").text
    answer = browser.get("/v1/models", headers=bearer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ppkit_lesson_over")
    assert room.roster.prepare(room.lesson).state(room.clock.now()) == "over"


def test_a_trainers_token_ends_a_day_after_the_lesson(room: ClassRoom) -> None:
    token = room.roster.new_trainer("tuesday")
    room.clock.advance(timedelta(hours=25))
    assert "$0.25" in board(room, token).text
    room.clock.advance(timedelta(hours=1))
    assert board(room, token).status_code == 403


def test_no_token_is_kept_anywhere(room: ClassRoom, tmp_path: Path) -> None:
    trainer = room.roster.new_trainer("tuesday")
    tokens = [trainer, *(token_on(joined(room, visit=visit).text) for visit in ("a", "b"))]
    tokens.append(token_on(board(room, trainer, do="reset", learner="Altair").text))
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert [token for token in tokens if token.encode() in kept] == []
    assert [path.name for path in tmp_path.glob("class.sqlite3*") if path.stat().st_mode & 0o077] == []


def test_pages_may_load_nothing_from_elsewhere_and_be_framed_nowhere(room: ClassRoom) -> None:
    browser = room.browser()
    for answer in (browser.get("/"), joined(room), board(room)):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert (
            re.findall(
                r'(?:src|href|action)="(?!static/|\?language|join|trainer|data:,|http://class\.test/)',
                answer.text,
            )
            == []
        )
        for file in re.findall(r'(?:src|href)="(static/[^"]+)"', answer.text):
            assert browser.get(f"/{file}").status_code == 200
    assert browser.get("/static/../lesson.py").status_code == 404
    assert browser.get("/static/%2e%2e%2flesson.py").status_code == 404


def test_the_pages_bear_the_agencys_name_logo_colours_and_welcome(room: ClassRoom) -> None:
    logo = Logo(b"\x89PNG\r\n\x1a\n", "image/png")
    agency = Agency("Studio <Bianchi>", logo, Colours("#ffee00"), "Ciao a tutti!")
    app = class_app(room.served, room.meter, room.upstream, room.clock, "practice", agency=agency)
    browser = TestClient(app, base_url="http://class.test", headers={"accept-language": "en"})
    page = browser.get("/").text
    assert "<b>Studio &lt;Bianchi&gt;</b>" in page
    assert room.lesson.welcome in page  # the lesson's own comes first
    style = browser.get("/static/agency.css")
    assert style.headers["content-type"].startswith("text/css")
    assert style.text == f".ppkit {{ {agency.colours.style} }}"
    assert browser.get("/static/agency-logo").content == logo.content
    assert 'href="static/agency.css"' in page
    plain = room.browser()
    assert "agency" not in plain.get("/").text
    assert plain.get("/static/agency-logo").status_code == 404


def test_what_the_trainer_tells_keeps_nobody_from_joining(
    room: ClassRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise RosterUnreachable(place="ppkit", reason="UndefinedTable")

    monkeypatch.setattr(ProgressRecords, "notice", away)
    assert room.browser().get("/").status_code == 200
    joined = room.browser().post("/join", data={"code": room.join_code, "visit": "a"})
    assert joined.status_code == 200
    assert token_on(joined.text)
