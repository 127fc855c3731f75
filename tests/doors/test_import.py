"""``renqing import`` as people run it: a table of faults, a progress bar, a status, and nothing half done."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from renqing.foundation.secrets import fresh_keys, write_keys

EXAMPLE = Path(__file__).parents[2] / "docs/examples/catalogue.csv"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Run the command on a database of this test; its status and all that it wrote."""
    write_keys(fresh_keys(), tmp_path / "keys")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RENQING_")}

    def run(*arguments: str, language: str = "en_US.UTF-8") -> tuple[int, str]:
        settings = {"DATABASE_URL": database_url, "RENQING_HOME": str(tmp_path)}
        terminal = {"LC_ALL": language, "COLUMNS": "160", "PYTHONUTF8": "1", "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "renqing", "import", *arguments],
            env={**plain, **settings, **terminal},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout.decode()

    return run


def products(database_url: str) -> int:
    async def count() -> int:
        connection = await asyncpg.connect(database_url)
        try:
            return int(await connection.fetchval("SELECT count(*) FROM catalog_product"))
        finally:
            await connection.close()

    return asyncio.run(count())


def test_the_example_is_imported_and_again(run: Run, database_url: str) -> None:
    status, said = run("csv", str(EXAMPLE), "--shop", "小铺", "--new-shop")
    assert (status, "3 new products" in said) == (0, True)
    status, said = run("csv", str(EXAMPLE), "--shop", "小铺", language="zh_CN.UTF-8")
    assert (status, "新商品 0，有变化 0，无变化 3" in said) == (0, True)
    assert products(database_url) == 3


def test_a_shop_that_is_not_there_is_not_opened_by_mistake(run: Run, database_url: str) -> None:
    status, said = run("csv", str(EXAMPLE), "--shop", "小铺")
    assert status == 2
    assert "There is no shop called 小铺" in said
    assert products(database_url) == 0


def test_faults_are_shown_by_file_and_line_and_nothing_is_imported(run: Run, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text("product_id,sku_id,category,title_zh,price\np,s,茶,茶,[red]\x1b[2J\n", encoding="utf-8")
    status, said = run("csv", str(file), "--shop", "小铺", "--new-shop")
    assert status == 1
    row = next(line for line in said.splitlines() if "goods.csv" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "goods.csv", "2", "price", "Not an amount; write it like 129.00", "[red]·[2J",
    ]  # fmt: skip
    assert products(database_url) == 0


def test_a_file_in_gbk_says_what_to_do(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_bytes(EXAMPLE.read_text(encoding="utf-8").encode("gbk"))
    status, said = run("csv", str(file), "--shop", "小铺", "--new-shop", language="zh_CN.UTF-8")
    assert (status, "CSV UTF-8" in said) == (1, True)


def test_a_folder_that_is_not_there_says_so(run: Run, tmp_path: Path) -> None:
    status, said = run("litemall", str(tmp_path / "nowhere"))
    assert status == 1
    assert said.count("There is no such file") == 3
