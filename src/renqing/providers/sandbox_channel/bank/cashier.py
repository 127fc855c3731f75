"""The page where a person pays at the sandbox: no money, no script, no style in the page, no request off the host.

Its address is the key to it: the payment's number with a signature over it. A secret that no longer verifies makes
the page disappear.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from renqing.foundation.money import MINOR_DIGITS, SYMBOLS, Money
from renqing.foundation.secrets import keyed_mac, same_bytes
from renqing.foundation.text import LANGUAGES, Language, best_language, say
from renqing.providers.sandbox_channel.bank.asgi import Reply, Request
from renqing.providers.sandbox_channel.bank.model import Payment

PAGES = Path(__file__).parent / "pages"
_ASSETS = {"cashier.css": "text/css; charset=utf-8", "sand.svg": "image/svg+xml"}
_TOKEN_BYTES = 24
FOLDERS_MAX = 8
PRIVATE: Mapping[str, str] = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def token(secret: bytes, channel_ref: str) -> str:
    """What opens the page of a payment: 192 bits that only the bank can make."""
    mac = keyed_mac(secret, f"cashier\n{channel_ref}".encode())[:_TOKEN_BYTES]
    return f"{channel_ref}.{base64.urlsafe_b64encode(mac).decode()}"


def ref_of(secrets: Sequence[bytes], given: str) -> str | None:
    """The payment that a token opens; None where it opens nothing."""
    channel_ref = given.partition(".")[0]
    sent = given.encode("utf-8", "replace")
    opens = False
    for secret in secrets:
        opens |= same_bytes(sent, token(secret, channel_ref).encode())
    return channel_ref if opens else None


def language_of(request: Request) -> Language:
    """The language asked for in the address, else the browser's."""
    asked = request.query.get("lang")
    for language in LANGUAGES:
        if asked == language:
            return language
    return best_language(request.headers.get("accept-language"))


def page(request: Request, payment: Payment, language: Language) -> Reply:
    """The cashier page of a payment as it is now: open, paid or closed."""
    whole, point, minor = _amount(payment)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(payment.return_url))
    return _render(
        request,
        200,
        language,
        # The form's answer leads back to the merchant, and browsers hold redirects of forms to form-action too.
        form_action=f"'self' {origin}",
        state=payment.state,
        description=payment.description,
        symbol=SYMBOLS.get(payment.currency, f"{payment.currency} "),
        whole=whole,
        minor=point + minor,
        amount=f"{SYMBOLS.get(payment.currency, '')}{whole}{point}{minor}",
        channel_ref=payment.channel_ref,
        return_url=payment.return_url,
    )


def nothing_here(request: Request, language: Language) -> Reply:
    """One page for every address that opens nothing."""
    return _render(request, 404, language, state="nothing")


def broken(request: Request, language: Language) -> Reply:
    """The bank itself failed; nothing was paid that it did not say was paid."""
    return _render(request, 500, language, state="broken")


def asset(name: str) -> Reply | None:
    """The page's style sheet and picture."""
    content_type = _ASSETS.get(name)
    if content_type is None:
        return None
    return Reply(200, _asset_bytes(name), content_type, {"cache-control": "public, max-age=300"})


@cache
def _asset_bytes(name: str) -> bytes:
    return (PAGES / name).read_bytes()


def _amount(payment: Payment) -> tuple[str, str, str]:
    if payment.currency not in MINOR_DIGITS:
        return f"{payment.amount:,}", "", ""
    text = Money(payment.amount, payment.currency).text().removeprefix(SYMBOLS[payment.currency])
    whole, point, minor = text.partition(".")
    return whole, point, minor


def _render(
    request: Request, status: int, language: Language, *, state: str, form_action: str = "'none'", **facts: str
) -> Reply:
    def words(key: str, **filled: str) -> str:
        return say(f"sandbox.{key}", language, **filled)

    # Links climb to where the bank begins, so that a proxy may put it under any folder.
    folders = min(request.path.partition("?")[0].count("/") - 1, FOLDERS_MAX)
    html = _ENVIRONMENT.get_template("cashier.html").render(
        words=words,
        language=language,
        other="en" if language == "zh" else "zh",
        state=state,
        up="../" * folders,
        **facts,
    )
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {form_action}"
    )
    headers = {**PRIVATE, "content-security-policy": policy, "content-language": language, "vary": "accept-language"}
    return Reply(status, html.encode(), "text/html; charset=utf-8", headers)
