"""The lane: JSON routes, run without the framework's layers.

A handler is declared once, in the framework's words: its path, its types, its row, its place in the document. The lane
calls that same function for requests that are plainly in order: signed in by a bearer token where the row asks for it,
a body and a query that fit their types. Whatever is not plainly in order is handed to the framework with the body that
was read, before anything has happened, so that a refusal has one maker; a request answered here and one answered there
are the same to the byte (``tests/doors/test_lane.py``). What it saves is in ``docs/decisions/lane.md``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar, cast, get_origin
from urllib.parse import parse_qsl

import msgspec
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from renqing.books.people import SignedIn
from renqing.doors.access import Audience, may_enter
from renqing.doors.api.wire import JSON_TYPES, read_body
from renqing.doors.house import Readings
from renqing.doors.problems import told
from renqing.foundation.errors import Refusal
from renqing.foundation.text import best_language

_JSON = (b"content-type", b"application/json")
_LOOKED_UP = frozenset({Audience.ANYONE, Audience.PERSON, Audience.STAFF, Audience.OPERATOR})
_OPEN = frozenset({Audience.PUBLIC, Audience.CHANNEL})
_BEARER = b"bearer "


class LaneHeaders(Mapping[str, str]):
    """Headers by their lower-case names, read where they are asked for."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        wanted = name.lower().encode("latin-1")
        for known, value in self._raw:
            if known == wanted:
                return value.decode("latin-1")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name, _ in self._raw)

    def __len__(self) -> int:
        return sum(1 for _ in self._raw)


class LaneRequest:
    """What a handler may ask of its request: the few things that ours do ask."""

    cookies: ClassVar[Mapping[str, str]] = {}  # programs bring none; who is signed in by one goes to the framework
    __slots__ = ("_body", "app", "client", "headers", "method", "path", "scope", "state")

    def __init__(self, app: Litestar, scope: HTTPScope, reader: SignedIn | None, body: bytes) -> None:
        self.app = app
        self.scope = scope
        self.method = scope["method"]
        self.path = scope["path"]
        self.headers = LaneHeaders(scope["headers"])
        self.state = SimpleNamespace(reader=reader)
        client = scope.get("client")
        self.client = SimpleNamespace(host=client[0], port=client[1]) if client else None
        self._body = body

    @property
    def url(self) -> LaneRequest:
        """Handlers ask an address for its path alone."""
        return self

    async def body(self) -> bytes:
        return self._body


@dataclass(frozen=True, slots=True)
class _Lane:
    """One route: its handler's function, and how its arguments are read."""

    run: Callable[..., Any]
    template: str
    audience: Audience
    status: int
    before: str
    after: str
    in_path: str
    body_type: Any
    query: dict[str, tuple[str, Any]]  # by the name in the address: the argument, and the type with its limits
    required: frozenset[str]
    takes_body: bool

    def path_value(self, path: str) -> str | None:
        """What stands in the path's one changing place; None where this is another route."""
        if not (path.startswith(self.before) and path.endswith(self.after)):
            return None
        value = path[len(self.before) : len(path) - len(self.after)]
        return value if value and "/" not in value else None


class Lane:
    """The ASGI application: what it does not take goes to ``app`` through ``framework``."""

    def __init__(self, app: Litestar, framework: ASGIApp, *, body_bytes_max: int) -> None:
        self._app = app
        self._framework = framework
        self._body_bytes_max = body_bytes_max
        self._fixed: dict[tuple[str, str], _Lane | None] = {}  # None: a path of the framework's alone
        self._changing: dict[tuple[str, int], list[_Lane]] = {}
        for method, path, handler in _json_routes(app):
            lane = _lane_of(path, handler)
            if "{" not in path:
                self._fixed[method, path] = lane
            elif lane is not None:
                self._changing.setdefault((method, path.count("/")), []).append(lane)

    def __len__(self) -> int:
        return sum(lane is not None for lane in self._fixed.values()) + sum(map(len, self._changing.values()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope) if scope["type"] == ScopeType.HTTP else None
        if found is None:
            await self._framework(scope, receive, send)
            return
        lane, arguments = found
        replay = _Replay(receive)
        request = await self._prepare(lane, arguments, cast("HTTPScope", scope), replay)
        if request is None:
            await self._framework(scope, replay.receive, send)
        else:
            await _answer(lane, arguments, request, send)

    def _find(self, scope: Any) -> tuple[_Lane, dict[str, Any]] | None:
        method, path = scope["method"], scope["path"]
        if (method, path) in self._fixed:  # a path that stands in full comes before one with a changing place
            fixed = self._fixed[method, path]
            return None if fixed is None else (fixed, {})
        for lane in self._changing.get((method, path.count("/")), ()):
            value = lane.path_value(path)
            if value is not None:
                return lane, {lane.in_path: value}
        return None

    async def _prepare(
        self, lane: _Lane, arguments: dict[str, Any], scope: HTTPScope, replay: _Replay
    ) -> LaneRequest | None:
        """The request with the handler's arguments read, or None where it is the framework's to look at."""
        if not _read_query(lane, scope["query_string"], arguments):
            return None
        reader = None
        if lane.audience in _LOOKED_UP:
            try:
                reader = await self._reader(scope)
            except Refusal:  # the database is away: the framework meets the same, and answers it
                return None
            if reader is None or not may_enter(lane.audience, reader):
                return None
        if lane.takes_body and not (
            await replay.read(self._body_bytes_max) and _read_body(lane, scope, replay.body, arguments)
        ):
            return None
        return LaneRequest(self._app, scope, reader, replay.body)

    async def _reader(self, scope: HTTPScope) -> SignedIn | None:
        """Who a plain bearer header says it is; a browser's cookie is the framework's to read."""
        said = _header(scope, b"authorization")
        if said is None or said[:7].lower() != _BEARER or not said[7:].strip():
            return None
        readings: Readings = self._app.state.readings
        return await readings.readers.ask(said[7:].decode("latin-1").strip())


async def _answer(lane: _Lane, arguments: dict[str, Any], request: LaneRequest, send: Send) -> None:
    request.scope["path_template"] = lane.template
    try:
        status, headers, body = lane.status, [_JSON], msgspec.json.encode(await lane.run(request=request, **arguments))
    except Exception as failure:  # noqa: BLE001 - each failure has its answer, as behind the framework
        reader = request.state.reader
        language = best_language(request.headers.get("accept-language")) if reader is None else reader.language
        said = told(failure, language, route=lane.template)
        status, headers, body = said.status, [(b"content-type", said.media_type), *said.headers], said.body
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


class _Replay:
    """What was read of a request's body, to be read again by the framework."""

    __slots__ = ("_messages", "_receive", "body")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []
        self.body = b""

    async def read(self, bytes_max: int) -> bool:
        """Read the whole body. False where it is too long or never came whole."""
        parts: list[bytes] = []
        size = 0
        while True:
            message: Any = await self._receive()
            self._messages.append(message)
            if message["type"] != "http.request":
                return False
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > bytes_max:
                return False
            if not message.get("more_body", False):
                self.body = parts[0] if len(parts) == 1 else b"".join(parts)
                return True

    async def receive(self) -> Any:
        """The messages that were read, then those that come."""
        return self._messages.pop(0) if self._messages else await self._receive()


def _header(scope: HTTPScope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)


def _read_query(lane: _Lane, query: bytes, arguments: dict[str, Any]) -> bool:
    """Read the address's parameters. Those of no name here are passed over, as the framework does."""
    if not query:
        return not lane.required
    given: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in lane.query:
            if name in given or not value:
                return False
            given[name] = value
    if not lane.required <= given.keys():
        return False
    try:
        for name, value in given.items():
            argument, wanted = lane.query[name]
            arguments[argument] = msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def _read_body(lane: _Lane, scope: HTTPScope, body: bytes, arguments: dict[str, Any]) -> bool:
    if lane.body_type is None:
        return True
    media = (_header(scope, b"content-type") or b"").decode("latin-1").partition(";")[0].strip()
    if media not in JSON_TYPES:
        return False
    try:
        arguments["data"] = read_body(body, lane.body_type)
    except Refusal:
        return False
    return True


# building ------------------------------------------------------------------------------------------------------------
def _json_routes(app: Litestar) -> Iterable[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in handler.http_methods:
                if method != "OPTIONS":
                    yield str(method), route.path, handler


def _lane_of(path: str, handler: HTTPRouteHandler) -> _Lane | None:
    """A handler's lane, or None where it asks or answers something that only the framework can give."""
    answer = handler.parsed_fn_signature.return_type.annotation
    audience: Audience = handler.opt["audience"]
    in_path = [part for part in path.split("/") if part.startswith("{")]
    simple = (
        inspect.iscoroutinefunction(handler.fn)
        and audience in _LOOKED_UP | _OPEN
        and _is_plain(answer)
        and len(in_path) <= 1
        and all(part.endswith(":str}") for part in in_path)
    )
    if not simple:
        return None
    name = in_path[0][1:-5] if in_path else ""
    parameters = handler.parsed_fn_signature.parameters
    before, _, after = path.partition(in_path[0]) if in_path else (path, "", "")
    query = {}
    for argument, field in parameters.items():
        if argument not in ("request", "data", name):
            limits = field.kwarg_definition
            query[(limits.name if isinstance(limits, ParameterKwarg) else None) or argument] = (
                argument,
                _with_limits(field.annotation, limits),
            )
    data = handler.parsed_data_field
    return _Lane(
        run=handler.fn,
        template=path,
        audience=audience,
        status=handler.status_code or 200,
        before=before,
        after=after,
        in_path=name,
        body_type=None if data is None else data.annotation,
        query=query,
        required=frozenset(name for name, (argument, _) in query.items() if not parameters[argument].has_default),
        takes_body="GET" not in handler.http_methods,
    )


def _is_plain(answer: Any) -> bool:
    """Whether an answer is data of ours, not a response of the framework's."""
    kind = get_origin(answer) or answer
    return kind is list or (isinstance(kind, type) and issubclass(kind, msgspec.Struct))


def _with_limits(annotation: Any, limits: Any) -> Any:
    if not isinstance(limits, ParameterKwarg):
        return annotation
    held = {
        word: value
        for word in ("ge", "le", "gt", "lt", "min_length", "max_length", "pattern")
        if (value := getattr(limits, word)) is not None
    }
    if not held:
        return annotation
    optional = type(None) in getattr(annotation, "__args__", ())
    bare = next(part for part in annotation.__args__ if part is not type(None)) if optional else annotation
    limited: Any = Annotated[bare, msgspec.Meta(**held)]
    return limited
