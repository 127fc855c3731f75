-- What shops promise for parcels that leave late, and what they have paid.

-- trade: lateness ----------------------------------------------------------------------------------------------
CREATE TABLE lateness_promise (                          -- owner: shop_id; the latest before an order was placed is its
  shop_id    bigint NOT NULL REFERENCES people_shop,
  n          int NOT NULL CHECK (n > 0),
  share_bp   int NOT NULL CHECK (share_bp BETWEEN 0 AND 5000),  -- hundredths of a percent of the goods; 0: nothing
  lowest_amount  bigint NOT NULL,
  highest_amount bigint NOT NULL,
  grace_hours int NOT NULL CHECK (grace_hours >= 0),
  within_hours int NOT NULL CHECK (within_hours BETWEEN grace_hours AND 720),  -- as the house's hours were then
  stated_at  timestamptz NOT NULL,
  stated_by  bigint NOT NULL REFERENCES people_person,
  PRIMARY KEY (shop_id, n),
  CONSTRAINT lowest_within_highest CHECK (0 <= lowest_amount AND lowest_amount <= highest_amount)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lateness_promise
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE lateness_paid (                             -- owner: order_id; once an order, ever
  order_id   bigint PRIMARY KEY REFERENCES order_order,
  shop_id    bigint NOT NULL,
  promise_n  int NOT NULL,
  base_amount bigint NOT NULL CHECK (base_amount > 0),   -- what had not left in time cost
  amount     bigint NOT NULL CHECK (amount > 0),
  currency   char(3) NOT NULL,
  refund_id  bigint NOT NULL UNIQUE REFERENCES payment_refund,
  due_at     timestamptz NOT NULL,
  paid_at    timestamptz NOT NULL,
  FOREIGN KEY (shop_id, promise_n) REFERENCES lateness_promise,
  CONSTRAINT half_of_it_at_most CHECK (2 * amount <= base_amount),
  CONSTRAINT late_before_it_is_paid CHECK (due_at <= paid_at)
);
CREATE INDEX lateness_paid_shop ON lateness_paid (shop_id, paid_at DESC);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lateness_paid
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What went back of a line because it was late, and over how many of its pieces: their later refunds are less by it.
ALTER TABLE order_line
  ADD COLUMN late_amount bigint NOT NULL DEFAULT 0,
  ADD COLUMN late_of int NOT NULL DEFAULT 0,
  ADD CONSTRAINT late_is_of_pieces CHECK (late_amount >= 0 AND late_of BETWEEN 0 AND quantity
                                          AND (late_amount > 0) = (late_of > 0) AND 2 * late_amount <= unit_price * late_of);
