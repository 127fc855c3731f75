"""A payment company for trying things out: a process of its own, with its own truth and no real money.

It promises what a payment company promises:

1. One payment a merchant's intent id and one refund a refund id, however often they are asked; another amount
   for the same id is refused.
2. A payment is open, then paid or closed, and never both; paying it twice moves money once.
3. Refunds of a payment never exceed what was paid, whoever asks at the same time.
4. Every movement of money stands in the statement, in order, once.
5. What it answered it keeps: the answer leaves after the commit, and a killed bank comes back with its truth.
6. Callbacks leave later, signed, up to fifteen times over some eleven hours until the merchant says 2xx.

And it misbehaves on request (``model.Switches``), the same way for the same seed, without its truth ever lying.
It shares nothing with the house but the wire: its books are one SQLite file.
"""

__all__: list[str] = []
