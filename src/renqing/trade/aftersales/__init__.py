"""After-sales 售后: money back, and goods back first where that was asked. States carry WeChat Shop's names.

Promises:
1. A case moves only along the table in ``model.py``; a move that lost its race changes nothing.
2. Only the order's owner opens one (a gift's recipient), within the policy's days after receipt.
3. One open case a line, and never for more pieces than are left to refund or return.
4. The amount is the pieces' price; freight goes back only with the last piece of an order that never left.
5. The shop's silence is consent, the owner's silence gives a return up.
"""

from renqing.trade.aftersales.actions import agree, cancel, finish, give_up, open_case, reject, send_back
from renqing.trade.aftersales.model import (
    ANSWER_CHARACTERS_MAX,
    CASES_A_LINE_MAX,
    OPEN,
    SILENCE,
    UNDECIDED,
    AftersaleMoved,
    AftersaleNothingPaid,
    AftersaleNotNow,
    AftersaleNotYet,
    AftersaleOpen,
    AftersaleQuantityNotValid,
    AftersaleReasonNotValid,
    AftersaleTooLate,
    AftersaleUnknown,
    Case,
    Kind,
    NewCase,
    Ordered,
    OrderedLine,
    State,
    Step,
    TooManyCases,
)
from renqing.trade.aftersales.rules import days_of_silence, pieces_left, refund_amount, step_of_silence
from renqing.trade.aftersales.store import count_open, forget, get, of_order, open_of_line, undecided_of

__all__ = [
    "ANSWER_CHARACTERS_MAX",
    "CASES_A_LINE_MAX",
    "OPEN",
    "SILENCE",
    "UNDECIDED",
    "AftersaleMoved",
    "AftersaleNotNow",
    "AftersaleNotYet",
    "AftersaleNothingPaid",
    "AftersaleOpen",
    "AftersaleQuantityNotValid",
    "AftersaleReasonNotValid",
    "AftersaleTooLate",
    "AftersaleUnknown",
    "Case",
    "Kind",
    "NewCase",
    "Ordered",
    "OrderedLine",
    "State",
    "Step",
    "TooManyCases",
    "agree",
    "cancel",
    "count_open",
    "days_of_silence",
    "finish",
    "forget",
    "get",
    "give_up",
    "of_order",
    "open_case",
    "open_of_line",
    "pieces_left",
    "refund_amount",
    "reject",
    "send_back",
    "step_of_silence",
    "undecided_of",
]
