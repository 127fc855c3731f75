"""What programs read about us: the document, the page that browses it, and every error in words."""

from __future__ import annotations

import json
import re

import pytest
from browser import find_chromium
from playwright.async_api import async_playwright
from schemas import misfits

from renqing.doors.api.openapi import doors_of
from renqing.doors.reference import _example, _resolved


async def test_the_document_is_openapi_3_1_and_every_link_in_it_leads_somewhere(doors):
    answer = await doors.client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json" and "max-age" in answer.headers["cache-control"]
    said = answer.json()
    assert said == doors.document and said["openapi"] == "3.1.0"
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(said)))
    assert names <= said["components"]["schemas"].keys()
    tags = {tag["name"] for tag in said["tags"]}
    operations = [one for methods in said["paths"].values() for one in methods.values()]
    assert {tag for one in operations for tag in one["tags"]} == tags
    assert all(one["summary"] for one in operations)


async def test_no_body_takes_a_field_that_nobody_named_and_no_amount_is_unbounded(doors):
    schemas = doors.document["components"]["schemas"]
    bodies = {
        one["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for methods in doors.document["paths"].values()
        for one in methods.values()
        if "application/json" in one.get("requestBody", {}).get("content", {})
    }
    assert len(bodies) > 30
    for name in bodies | {name for name in schemas if name.endswith("In")}:
        assert schemas[name]["additionalProperties"] is False, name
        for field, schema in schemas[name]["properties"].items():
            for part in schema.get("anyOf", [schema]):
                if part.get("type") == "integer":
                    assert part["minimum"] >= 0 and part["maximum"] < 2**63, f"{name}.{field}"
                elif part.get("type") == "string" and "enum" not in part:
                    bounded = part.keys() & {"maxLength", "pattern", "format"}
                    assert bounded, f"{name}.{field} takes a text of any length"
                elif part.get("type") == "array":
                    assert "maxItems" in part, f"{name}.{field} takes any number"


async def test_the_page_shows_every_operation_with_an_example_that_fits(doors):
    page = (await doors.client.get("/docs")).text
    for path, methods in doors.document["paths"].items():
        for one in methods.values():
            assert f'id="{one["operationId"]}"' in page, path
            if "application/json" in one.get("requestBody", {}).get("content", {}):
                schema = one["requestBody"]["content"]["application/json"]["schema"]
                example = _example(doors.document, _resolved(doors.document, schema), "")
                assert not list(misfits(doors.document, schema, example)), (path, example)
    assert set(re.findall(r'href="#shape-(\w+)"', page)) <= set(re.findall(r'id="shape-(\w+)"', page))


async def test_the_page_of_errors_has_every_code_that_a_door_can_answer(doors):
    page = (await doors.client.get("/docs/errors")).text
    codes = {kind.code for door in doors_of(doors.app) for kind in door.handler.opt.get("refuses", ())}
    codes |= {
        code
        for methods in doors.document["paths"].values()
        for one in methods.values()
        for answer in one["responses"].values()
        for code in answer.get("x-codes", ())
    }
    assert len(codes) > 60
    assert [code for code in sorted(codes) if f'id="{code}"' not in page] == []


async def test_the_pages_run_nothing_inline_and_ask_nobody_else(doors):
    for path in ("/docs", "/docs/errors"):
        answer = await doors.client.get(path)
        assert "<style" not in answer.text and " style=" not in answer.text and " onclick=" not in answer.text
        assert not re.findall(r"<script(?![^>]* src=)", answer.text)
        loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert [one for one in loaded if not one.startswith(("/", "#"))] == []
        for one in {one for one in loaded if one.startswith("/static/")}:
            assert (await doors.client.get(one)).status_code == 200, one
        assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("width", [375, 1440])
async def test_the_page_is_browsed_without_a_fault_on_a_phone_and_at_a_desk(doors, width):
    faults: list[str] = []
    async with async_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            pytest.skip("no Chromium on this machine")
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda broke: faults.append(str(broke)))
        page.on("request", lambda asked: None if asked.url.startswith(doors.url) else faults.append(asked.url))
        await page.goto(f"{doors.url}/docs#claim_gift")
        assert await page.locator("#claim_gift[open]").is_visible()
        await page.locator("#claim_gift").get_by_role("link", name="ClaimIn").click()
        assert await page.locator("#shape-ClaimIn[open] table").is_visible()
        await page.get_by_role("searchbox").fill("post withdrawal")
        shown = page.locator("[data-find]:visible")
        assert await shown.count() == 1 and await shown.get_attribute("id") == "withdraw_gift"
        await page.get_by_role("searchbox").fill("no such thing anywhere")
        assert await page.get_by_text("No route has these words.").is_visible()
        await page.goto(f"{doors.url}/docs/errors#gift_not_available")
        assert await page.locator("#gift_not_available").is_visible()
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0
        await browser.close()
    assert faults == []
