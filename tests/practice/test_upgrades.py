"""A file of the third version, with calls, searches and work under way in it, is brought over whole."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

from starlette.testclient import TestClient

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform

from .strictly import BASE_URL

THIRD_VERSION = """
DROP TABLE project_member; DROP TABLE member; DROP TABLE invite;
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(sql, ', ''moderations''', '') WHERE name = 'usage_event';
UPDATE sqlite_master SET sql = replace(sql, 'cents >= 0', 'cents > 0') WHERE name = 'spend_alert';
PRAGMA writable_schema = RESET;
PRAGMA user_version = 3;
"""
"""Turns a file of today into one of the third version."""
SEARCH = {"model": "gpt-6-luna", "input": "Cerca il meteo di Bari.", "tools": [{"type": "web_search"}]}


def told(platform: Platform, *tables: str) -> dict[str, list[tuple[object, ...]]]:
    return {name: list(map(tuple, platform.database.rows(f"SELECT * FROM {name}"))) for name in tables}


def schema_of(platform: Platform) -> set[str]:
    """What each table and index is, without spaces and comments."""
    rows = platform.database.rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    lines = (" ".join(line.partition("--")[0] for line in row[0].splitlines()) for row in rows)
    return {"".join(line.replace('"', "").split()) for line in lines}


def test_calls_searches_alerts_and_work_under_way_outlive_the_change_to_the_fourth_version(
    funded: Platform, secret: str, clock: ManualClock
) -> None:
    headers = {"authorization": f"Bearer {secret}"}
    with TestClient(create_app(funded), base_url=BASE_URL, headers=headers) as web:
        assert web.post("/v1/responses", json=SEARCH).status_code == 200
        number = web.post("/v1/responses", json=SEARCH | {"background": True}).json()["id"]
    funded.limits.create_alert(100, ["anna@example.com"])
    kept = ("usage_event", "charge_line", "spend_alert", "stored_response", "month_spend", "api_key")
    before, schema, balance = told(funded, *kept), schema_of(funded), funded.balance()
    path = Path(funded.database.path)
    funded.close()
    connection = sqlite3.connect(path)
    connection.executescript(THIRD_VERSION)
    connection.close()

    again = Platform.open(path, clock)
    assert told(again, *kept) == before
    assert schema_of(again) == schema
    assert again.database.rows("PRAGMA foreign_key_check") == []
    assert again.balance() == balance
    clock.advance(timedelta(minutes=1))
    with TestClient(create_app(again), base_url=BASE_URL, headers=headers) as web:
        assert web.get(f"/v1/responses/{number}").json()["status"] == "completed"
        assert web.post("/v1/moderations", json={"input": "Ciao"}).status_code == 200
    assert again.balance() < balance - Money.usd("0.01")
    searches = "SELECT sum(quantity) FROM charge_line WHERE item = 'web search tool calls'"
    assert again.database.number(searches) == 2
    again.close()
