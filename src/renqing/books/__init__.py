"""Books: what must add up. The ledger, the stock, the catalogue, the people."""
