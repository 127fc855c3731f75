"""What is so of everything that was given, as documents promise it: plain dictionaries that know no rule of ours.

Stock and the money that went back are derived, never kept, so that they cannot agree with the house by repeating its
mistakes. Every way to give is a ``Way``; who has of it has a ``Piece``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY, PAY_WITHIN, RECEIVE_AFTER = timedelta(days=1), timedelta(minutes=15), timedelta(days=10)
UNPAID, LATER, WAITING, CLAIMED, OVER = "unpaid", "later", "waiting", "claimed", "over"
NOT_HERE, YOURS = "GiftNotAvailable", "GiftIsYourOwn"


@dataclass
class Piece:
    """What somebody has of a way: which style, and how far it is: to_ship, shipped, done, back (refunded)."""

    person: int
    sku: int
    price: int
    order_id: int
    going: str = "to_ship"
    left_shop: bool = False
    shipped_at: datetime | None = None
    swap: str = ""  # waiting, approved, rejected, cancelled, timed_out
    wanted: int = 0
    swap_by: datetime | None = None
    asked_back: bool = False
    kept: bool = False  # by who gave it
    rest: int | None = None  # something else was chosen: what it cost less than what was given


@dataclass
class Way:
    """Something that was given: one, many, tiers, draw, later, fund or present. Shares are numbered from 1."""

    kind: str
    giver: int
    recipient: int | None
    shares: dict[int, tuple[int, int]]  # number: (style, price)
    state: str
    made_at: datetime
    hours: int = 24
    id: int = 0
    order_id: int = 0
    intents: list[int] = field(default_factory=list)
    how: str = ""
    opened: bool = False
    begun: datetime | None = None
    ends: datetime | None = None
    more: bool = False
    moved: int = 0
    comes_at: datetime | None = None
    draw_at: datetime | None = None
    entrants: list[int] = field(default_factory=list)
    awards: dict[int, tuple[int, datetime, str]] = field(default_factory=dict)  # person: prize, until when, how it is
    pieces: dict[int, Piece] = field(default_factory=dict)  # by the share's number
    put_in: Counter[int] = field(default_factory=Counter)  # of a fund: by its payment
    promised: Counter[int] = field(default_factory=Counter)  # to a fund, and not paid yet
    paid: bool = False
    paid_late: bool = False
    code: str = ""
    word: str = ""  # what who has only its link types first
    let_in: set[int] = field(default_factory=set)  # who typed it
    wrong: Counter[int] = field(default_factory=Counter)  # who typed another one, so often
    passed: bool = False
    allowed: int = 0  # for freight to a place that costs more
    used: int = 0  # of it

    @property
    def is_for_many(self) -> bool:
        return len(self.shares) > 1 and self.kind != "set"

    @property
    def total(self) -> int:
        return 0 if self.kind == "present" else self.allowed + sum(price for _, price in self.shares.values())

    @property
    def missing(self) -> int:
        """What a fund still lacks."""
        return self.total - sum(self.put_in.values()) - sum(self.promised.values())

    @property
    def is_open(self) -> bool:
        """Whether anything of it is offered or still to be paid."""
        return self.state in (UNPAID, LATER, WAITING)

    @property
    def drawn(self) -> bool:
        return self.draw_at is not None and bool(self.awards)

    @property
    def in_hand(self) -> bool:
        """Whether a piece of it may still be asked about."""
        return any(piece.going in ("to_ship", "to_use") for piece in self.pieces.values())

    def piece_of(self, person: int) -> Piece | None:
        return next((piece for piece in self.pieces.values() if piece.person == person and not piece.kept), None)

    def in_order(self, order_id: int, going: str) -> list[Piece]:
        """All that one order has of it and that is so far: a set's one for each shop, or what its giver kept."""
        return [piece for piece in self.pieces.values() if piece.order_id == order_id and piece.going == going]

    def begin(self, now: datetime) -> None:
        self.state, self.begun, self.ends = WAITING, now, now + timedelta(hours=self.hours)

    def end(self, how: str) -> None:
        self.state, self.how = OVER, how

    def back(self) -> int:
        """What has to be back with who paid."""
        gone = sum(piece.price for piece in self.pieces.values() if piece.going == "back" and self.kind != "present")
        gone += sum(piece.rest or 0 for piece in self.pieces.values())
        if self.pieces:  # what the place did not need comes back with the claim, the rest with goods that never left
            never_left = all(piece.going == "back" and not piece.left_shop for piece in self.pieces.values())
            gone += self.allowed if never_left else self.allowed - self.used
        if self.kind == "fund" and not self.paid:
            return sum(self.put_in.values()) if self.state == OVER else 0
        if self.paid_late:
            return self.total
        if not self.paid or self.state != OVER:
            return gone
        rest = sum(price for n, (_, price) in self.shares.items() if n not in self.pieces)
        return gone + rest + (0 if self.pieces else self.allowed)

    def held(self) -> Counter[int]:
        """What of the stock is set aside for it."""
        kept: Counter[int] = Counter()
        if self.is_open:
            kept.update(sku for n, (sku, _) in self.shares.items() if n not in self.pieces)
        kept.update(piece.sku for piece in self.pieces.values() if piece.going == "to_ship")
        return kept


@dataclass
class Model:
    """All of it, and the pieces that ever came in."""

    arrived: Counter[int]
    ways: list[Way] = field(default_factory=list)

    def stock(self) -> dict[int, tuple[int, int]]:
        on_hand, held = Counter(self.arrived), Counter[int]()
        for way in self.ways:
            held += way.held()
            on_hand.subtract(piece.sku for piece in way.pieces.values() if piece.left_shop)
        return {sku: (on_hand[sku], held[sku]) for sku in self.arrived}

    def free(self, sku: int) -> int:
        on_hand, held = self.stock()[sku]
        return on_hand - held

    # what may be answered --------------------------------------------------------------------------------------------
    def sees(self, way: Way, who: int) -> bool:
        """By its id a gift is found by who gave it, whom it names and who has of it; by a link that lives, by all."""
        if way.recipient is None and way.state == WAITING:
            return True
        has = way.piece_of(who) is not None or who in way.entrants
        return has or who in (way.giver, way.recipient)

    def why_not(self, way: Way, who: int) -> str:
        """Why somebody neither opens, claims nor declines it; empty where they may."""
        if not self.sees(way, who):
            return NOT_HERE
        if who == way.giver:
            return YOURS
        return "" if way.state == WAITING else NOT_HERE

    def closed(self, way: Way, who: int) -> str:
        """Why somebody who may is kept out all the same: a word that they have not typed; who has entered is in."""
        has_it = not way.is_for_many and way.piece_of(who) is not None
        is_in = who in way.let_in or who in way.entrants or has_it
        return "SafeWordNeeded" if way.word and way.recipient is None and not is_in else ""

    def open(self, way: Way, who: int) -> str:
        if not self.sees(way, who):
            return NOT_HERE
        return (self.closed(way, who) if who != way.giver else "") or self.why_not(way, who)

    def lock(self, way: Way) -> str:
        if way.recipient is not None or way.state not in (UNPAID, LATER, WAITING) or way.drawn:
            return "SafeWordNotHere"
        return ""

    def type_word(self, way: Way, who: int, word: str) -> str:
        if who == way.giver:
            return YOURS
        if not way.word or who in way.let_in:
            return ""
        if way.wrong[who] == 5 or way.wrong.total() == 30:
            return "SafeWordSpent"
        return "" if way.word == word else "SafeWordWrong"

    def claim(self, way: Way, who: int, wanted: int | None, styles: set[int], *, is_far: bool) -> str:
        if self.sees(way, who) and way.piece_of(who) is not None:
            return "ok"
        why = self.why_not(way, who) or self._not_won(way, who) or self.closed(way, who)
        return why or ("GiftUndeliverable" if is_far else self._style(way, wanted, styles))

    def _not_won(self, way: Way, who: int) -> str:
        if way.draw_at is None:
            return ""
        if not way.drawn:
            return "DrawNotDone"
        return "" if who in way.awards and way.awards[who][2] == WAITING else "NothingWon"

    def _style(self, way: Way, wanted: int | None, styles: set[int]) -> str:
        given, _ = way.shares[1]
        if wanted is None or wanted == given:
            return "ok"
        if way.is_for_many or not {wanted, given} <= styles:
            return "StyleNotOffered"
        return "ok" if self.free(wanted) > 0 else "StockRanOut"

    def choose(self, way: Way, who: int, wanted: int, price: int) -> str:
        """Something else of the shop, within what one thing for one was paid with."""
        if self.sees(way, who) and way.piece_of(who) is not None:
            return "ok"
        why = self.why_not(way, who) or self._not_won(way, who) or self.closed(way, who)
        if why:
            return why
        given, paid = way.shares[1]
        if way.is_for_many or way.draw_at is not None or way.kind == "fund":
            return "OtherNotOffered"
        if wanted == given or price > paid:
            return "OtherNotWithin"
        return "ok" if self.free(wanted) > 0 else "StockRanOut"

    def chosen(self, way: Way, who: int, wanted: int, price: int, order_id: int) -> None:
        """It is theirs instead; what was given is on the shelf again, and what it costs less goes back."""
        if way.piece_of(who) is None:
            way.pieces[1] = Piece(who, wanted, price, order_id, rest=way.shares[1][1] - price)
            way.opened, way.state = True, CLAIMED

    def claimed(self, way: Way, who: int, wanted: int | None, order_id: int) -> None:
        """It is theirs: the next share, or the one that was won."""
        if way.piece_of(who) is not None:
            return
        n = next(n for n in way.shares if n not in way.pieces)
        if who in way.awards:
            n, until, _ = way.awards[who]
            way.awards[who] = (n, until, CLAIMED)
        sku, price = way.shares[n]
        way.pieces[n] = Piece(who, sku if wanted is None or way.is_for_many else wanted, price, order_id)
        way.opened = True
        if len(way.pieces) == len(way.shares):
            way.state = CLAIMED

    def refuse(self, way: Way, who: int) -> str:
        why = self.why_not(way, who)
        if why == YOURS or not self.sees(way, who):
            return why
        why = self.closed(way, who) or why
        if why:
            return why
        return "SharedGiftStays" if way.is_for_many or way.draw_at is not None else ""

    def withdraw(self, way: Way, who: int) -> str:
        if who == way.giver and (way.drawn or way.how == "nobody_left"):
            return "GiftWithdrawalLate"
        if who != way.giver or way.state not in (LATER, WAITING):
            return NOT_HERE
        return "GiftWithdrawalLate" if way.opened else ""

    def move(self, way: Way, comes_at: datetime) -> str:
        """A draw's own time is fixed: it comes before that, and so late that an hour is left of it behind the draw."""
        if way.state != LATER:
            return NOT_HERE if way.state == OVER else "GiftAlreadySent"
        if way.draw_at is None:
            return ""
        fits = comes_at < way.draw_at <= comes_at + timedelta(hours=way.hours - 1)
        return "" if fits else "FieldNotValid"

    def more_time(self, way: Way, who: int) -> str:
        why = self.open(way, who)
        if why:
            return why
        return "MoreTimeNotOffered" if way.is_for_many or way.draw_at is not None or way.more else ""

    def readdress(self, way: Way, to: int | None) -> str:
        if way.state != WAITING:
            return NOT_HERE
        is_many = way.is_for_many
        stays = (
            way.draw_at is not None or (way.opened and not is_many) or way.moved >= 3 or (to is not None and is_many)
        )
        return "GiftStaysWhereItIs" if stays else ""

    def enter(self, way: Way, who: int, now: datetime) -> str:
        if not self.sees(way, who):
            return NOT_HERE
        if way.draw_at is None:
            return "NoDraw"
        if who in way.entrants:
            return "ok"
        return (
            self.why_not(way, who) or self.closed(way, who) or ("DrawOver" if way.drawn or way.draw_at <= now else "ok")
        )

    def wish(self, way: Way, piece: Piece, wanted: int, styles: set[int]) -> str:
        had = piece.swap or piece.rest is not None
        if way.kind == "present" or way.is_for_many or had or piece.going != "to_ship":
            return "SwapNotOffered"
        if not {wanted, way.shares[1][0]} <= styles:
            return "StyleNotOffered"
        return "ok" if self.free(wanted) > 0 else "StockRanOut"

    # what time does --------------------------------------------------------------------------------------------------
    def pass_by(self, now: datetime) -> None:
        """Every deadline that is due falls due; who wins a draw is the seed's to say (``award``)."""
        for way in self.ways:
            for piece in way.pieces.values():
                if piece.swap == WAITING and piece.swap_by is not None and piece.swap_by <= now:
                    piece.swap = "timed_out"
                if piece.going == "shipped" and piece.shipped_at and piece.shipped_at + RECEIVE_AFTER <= now:
                    piece.going = "done"
            if way.state == UNPAID and way.ends is not None and way.ends <= now:
                way.end("unpaid")
            if way.state == LATER and way.comes_at is not None and way.comes_at <= now:
                way.begin(now)
            if way.state == WAITING and way.ends is not None and way.ends <= now:
                way.end("expired")
            if way.state == WAITING and way.draw_at is not None:
                self._draw(way, now)

    def _draw(self, way: Way, now: datetime) -> None:
        """Who did not claim in their own time has had it; with nobody left the rest goes back."""
        if not way.drawn and way.draw_at is not None and way.draw_at <= now and not way.entrants:
            way.end("nobody_left")
        for who, (prize, until, how) in list(way.awards.items()):
            if how == WAITING and until <= now:
                way.awards[who] = (prize, until, "lapsed")
        if (
            way.drawn
            and all(how != WAITING for _, _, how in way.awards.values())
            and set(way.entrants) <= set(way.awards)
        ):
            way.end("nobody_left")

    def prizes_to_win(self, way: Way, now: datetime) -> list[int]:
        """The shares that somebody else of those who entered is to be drawn for now."""
        if way.state != WAITING or way.draw_at is None or way.draw_at > now:
            return []
        if not way.drawn:
            return list(way.shares)[: len(way.entrants)]
        taken = {prize for prize, _, how in way.awards.values() if how in (WAITING, CLAIMED)}
        return [n for n in way.shares if n not in taken][: len(set(way.entrants) - set(way.awards))]
