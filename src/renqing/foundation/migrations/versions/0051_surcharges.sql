-- What givers allow on top of the freight for a place that costs more, and what came of it.

-- trade: surcharges --------------------------------------------------------------------------------------------
CREATE TABLE surcharge_allowed (                         -- owner: order_id, whose freight the sum is a part of
  order_id   bigint PRIMARY KEY REFERENCES order_order,
  allowed_amount bigint NOT NULL CHECK (allowed_amount > 0),
  allowed_at timestamptz NOT NULL,
  served_order_id bigint,                                -- the order that the goods go with; none: nothing was sent
  used_amount bigint,                                    -- what the place cost more
  back_amount bigint,                                    -- the rest, back to who paid
  settled_at timestamptz,
  CONSTRAINT settled_to_the_fen CHECK ((settled_at IS NULL) = (served_order_id IS NULL)
    AND (settled_at IS NULL) = (used_amount IS NULL) AND (settled_at IS NULL) = (back_amount IS NULL)
    AND used_amount >= 0 AND back_amount >= 0 AND used_amount + back_amount = allowed_amount)
);

-- trade: orders ------------------------------------------------------------------------------------------------
-- What of an order's freight went back because the place cost less than was allowed: a later refund is less by it.
ALTER TABLE order_order ADD COLUMN freight_back bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT back_within_freight CHECK (freight_back BETWEEN 0 AND freight_amount);
