"""Values for a schema of the OpenAPI document, made up from a seed: most fit, some do not, some are of another kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from renqing.foundation.ids import Chance

IDS = ("1", "9223372036854775807", "9223372036854775808", "9999999999999999999", "0", "-1", "1.0", "", "٣", "x" * 40)
TEXTS = ("", " ", "\u0001", "\u202e\u200b\ufeff", "\ud7ff", "a\nb\tc", "'; DROP TABLE order_order; --", "{{7*7}}%s%n")
NUMBERS = (0, 1, -1, 2**31, 2**53, 2**63, -(2**63) - 1, 10**30, 1.5, 1e300, True, None, "1")
TIMES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "now")
DEEPEST = 5
Schema = dict[str, Any]


class MakesUp:
    """Makes up values, with the chance that it was given."""

    def __init__(self, document: dict[str, Any], chance: Chance) -> None:
        self._schemas = document["components"]["schemas"]
        self._chance = chance
        self._kinds: dict[str, Callable[[Schema, int], Any]] = {
            "object": self._object,
            "array": self._array,
            "integer": self._integer,
            "boolean": lambda *_: bool(chance.randrange(2)),
            "string": self._string,
        }

    def value(self, schema: Schema, depth: int = 0) -> Any:
        """One value. What is too deep is nothing."""
        while "$ref" in schema or "anyOf" in schema:
            named = schema.get("$ref")
            schema = self._schemas[named.rpartition("/")[2]] if named else self._chance.choice(schema["anyOf"])
        if self._chance.randrange(8) == 0:
            return self._chance.choice((*NUMBERS, *TEXTS, [], {}, [[]], "长" * 300))
        if "enum" in schema:
            return self._chance.choice(schema["enum"])
        make = self._kinds.get(schema.get("type", ""))
        return None if make is None or depth > DEEPEST else make(schema, depth + 1)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        needed = set(schema.get("required", ()))
        made = {
            name: self.value(of, depth)
            for name, of in schema.get("properties", {}).items()
            if name in needed or self._chance.randrange(2)
        }
        return made if self._chance.randrange(9) else {**made, "more": 1}

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        return [self.value(schema.get("items") or {}, depth) for _ in range(self._chance.randrange(4))]

    def _integer(self, schema: Schema, _: int) -> int:
        return self._chance.randint(schema.get("minimum", -5), min(schema.get("maximum", 9), 10**6))

    def _string(self, schema: Schema, _: int) -> str:
        if schema.get("format") == "date-time":
            return self._chance.choice(TIMES)
        if "pattern" in schema:
            return self._chance.choice(IDS)
        return "长a" * self._chance.randrange(schema.get("maxLength", 40) // 2 + 2)
