"""What /metrics says, and that the shipped dashboard and alerts ask for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from counter import buy
from prometheus_client.parser import text_string_to_metric_families

from renqing.doors import measures
from renqing.foundation import metrics as own
from renqing.foundation.checks import CheckRun
from renqing.foundation.database import DatabaseAway
from renqing.journeys.keep_a_check import KeepACheck, keep_a_check
from renqing.trade.payments.rules import Effect
from renqing.views.check import ALL, check

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "prometheus" / "renqing-alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "renqing.json"
PROMETHEUS_OWN = {"up", "job", "instance", "le"}


async def figures(doors: Any) -> dict[str, float]:
    """Every sample by its name and labels, as ``name{a=b}``."""
    answer = await doors.client.get("/metrics")
    assert answer.status_code == 200
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def exported(doors: Any) -> set[str]:
    """The names that may be asked for: a family without samples yet says its name as well."""
    text = (await doors.client.get("/metrics")).text
    names: set[str] = set()
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE):
        names |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else {name}
    return names


def expressions() -> Iterator[tuple[str, str]]:
    for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def labels_asked(expression: str) -> set[str]:
    inside = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression)
    grouped = [name.strip() for names in re.findall(r"by \(([^)]*)\)", expression) for name in names.split(",")]
    return {*inside, *grouped} - PROMETHEUS_OWN


async def test_the_dashboard_and_the_alerts_ask_for_what_the_house_exports_and_for_nothing_else(doors):
    await buy(doors.town, doors.town.an, doors.town.red)
    await keep(doors, as_if_synced(await check(doors.house.ground)))
    names = await exported(doors)
    asked: set[str] = set()
    for where, expression in expressions():
        used = set(re.findall(r"\brenqing_\w+", expression))
        assert used or expression.startswith("up{"), where
        assert used <= names, f"{where} asks for {used - names}"
        asked |= used
    assert len(asked) > 18
    for state in measures._families(await measures.house_state(doors.house.ground, len(ALL))):
        assert state.name in asked or state.name == "renqing_check_age_seconds", f"nobody looks at {state.name}"


async def test_every_label_that_is_asked_for_is_one_of_its_metric(doors):
    known = {label for metric in vars(own).values() for label in getattr(metric, "_labelnames", ())}
    await keep(doors, await check(doors.house.ground))
    for family in text_string_to_metric_families((await doors.client.get("/metrics")).text):
        known |= {label for sample in family.samples for label in sample.labels}
    for where, expression in expressions():
        assert labels_asked(expression) <= known, where


def test_the_alert_on_contradicting_callbacks_names_each_way_to_contradict():
    (expression,) = [said for alert, said in expressions() if alert == "RenqingCallbackContradicts"]
    named = set(re.findall(r'verdict=~"([^"]*)"', expression)[0].split("|"))
    quarantines = {effect.value for effect in Effect if effect.name.startswith("QUARANTINE")}
    assert named == {*quarantines, "unknown"}


def test_the_dashboard_is_one_that_grafana_takes():
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert board["uid"] == "renqing"
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not taken & cells, f"{panel['title']} stands on another"
        taken |= cells
        assert panel["type"] == "row" or (panel["targets"] and panel["datasource"]["uid"] == "${source}")


def as_if_synced(run: CheckRun) -> CheckRun:
    """What a check finds on the tests' server, but for that this one does not sync its commits."""
    unsynced = [found for found in run.findings if any("synchronous_commit" in row.about for row in found.shown)]
    kept = [msgspec.structs.replace(found, differences=0) if found in unsynced else found for found in run.findings]
    return msgspec.structs.replace(run, findings=kept)


async def keep(doors: Any, run: CheckRun) -> None:
    ask = KeepACheck(run)
    await keep_a_check(doors.house.ground, ask, doors.town.key(0, ask))


async def test_a_house_that_was_never_checked_says_no_age_and_one_that_was_says_what_was_found(doors):
    before = await figures(doors)
    assert not [name for name in before if name.startswith(("renqing_check", "renqing_clean"))]
    await keep(doors, as_if_synced(await check(doors.house.ground)))
    clean = await figures(doors)
    assert 0 <= clean["renqing_clean_check_age_seconds"] < 60
    assert sum(value for name, value in clean.items() if name.startswith("renqing_check_differences")) == 0
    await doors.house.ground.db.pool.execute("UPDATE stock_item SET on_hand = 11 WHERE sku_id = $1", doors.town.red)
    await keep(doors, as_if_synced(await check(doors.house.ground)))
    differs = await figures(doors)
    assert differs["renqing_check_differences{invariant=S1}"] == 1
    assert differs["renqing_clean_check_age_seconds"] >= clean["renqing_clean_check_age_seconds"]


async def test_a_check_of_one_invariant_is_not_taken_for_a_clean_house(doors):
    part = await check(doors.house.ground, ["M1"])
    await keep(doors, part)
    said = await figures(doors)
    assert "renqing_check_age_seconds" in said
    assert "renqing_clean_check_age_seconds" not in said


async def test_what_is_late_set_aside_or_unsure_is_told_from_the_tables_whichever_process_is_asked(doors):
    now = doors.house.ground.clock.now()
    pool = doors.house.ground.db.pool
    ids = doors.house.ground.ids
    for late, aside in ((120, False), (5, True)):
        at = now - timedelta(seconds=late)
        await pool.execute(
            """INSERT INTO outbox_fact (id, kind, subject_id, actor_id, payload, made_at, next_at, set_aside_at)
               VALUES ($1, 'x', 1, 1, '{}', $2, $2, $3)""",
            ids.new(), at, at if aside else None,
        )  # fmt: skip
        await pool.execute(
            """INSERT INTO timer (id, kind, key, due_at, made_at, errand, set_aside_at)
               VALUES ($1, 'x', $1, $2, $2, $3, $4)""",
            ids.new(), at, not aside, at if aside else None,
        )  # fmt: skip
    placed = await buy(doors.town, doors.town.an, doors.town.red)
    await pool.execute(
        """UPDATE payment_intent SET state = 'open', captured_amount = 0, captured_at = NULL, sure_at = NULL,
                                     asked_at = $2 WHERE id = $1""",
        placed.intent_id, now - timedelta(hours=25),
    )  # fmt: skip
    said = await figures(doors)
    assert said["renqing_late_seconds{what=facts}"] >= 120
    assert said["renqing_late_seconds{what=errands}"] >= 120
    assert said["renqing_set_aside{what=facts}"] == 1
    assert said["renqing_set_aside{what=timers}"] == 1
    assert said["renqing_unsure"] == 1
    assert said["renqing_unsure_seconds"] == pytest.approx(25 * 3600, abs=60)


async def test_while_the_database_is_away_the_processes_still_say_how_they_are(doors, monkeypatch):
    async def away(*_asked: object) -> object:
        raise DatabaseAway

    monkeypatch.setattr(measures, "house_state", away)
    said = await figures(doors)
    assert said["renqing_database_up"] == 0
    assert "renqing_late_seconds{what=facts}" not in said
    assert [name for name in said if name.startswith("renqing_requests_total")]
