-- Vouchers as goods (本地生活团购券): no parcel; codes are issued when paid or claimed, and redeemed (核销) at a shop's place.
-- Old processes may run beside this: what they know they write as before, and every new column has what they mean.

-- trade: orders ------------------------------------------------------------------------------------------------
ALTER TABLE order_order
  ADD COLUMN by_voucher boolean NOT NULL DEFAULT false,  -- its goods are vouchers: nothing of it is ever sent
  DROP CONSTRAINT order_order_state_check,
  ADD CONSTRAINT order_order_state_check CHECK (state IN (10, 12, 17, 20, 21, 30, 100, 110, 200, 250));

CREATE OR REPLACE FUNCTION order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- the table of the room's model
  IF (OLD.state, NEW.state) NOT IN
       ((10, 12), (10, 17), (10, 20), (10, 250), (12, 17), (12, 20), (12, 110), (12, 250), (17, 100), (17, 200),
        (20, 21), (20, 30), (20, 200), (21, 30), (21, 200), (30, 100), (30, 200), (100, 200)) THEN
    RAISE EXCEPTION 'order % does not move from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- trade: vouchers ----------------------------------------------------------------------------------------------
CREATE TABLE voucher_location (                          -- owner: shop_id; where vouchers are redeemed
  id         bigint PRIMARY KEY,
  shop_id    bigint NOT NULL REFERENCES people_shop,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  place      text NOT NULL CHECK (length(place) BETWEEN 1 AND 120),
  made_by    bigint NOT NULL,
  made_at    timestamptz NOT NULL,
  closed_at  timestamptz
);
CREATE INDEX voucher_location_shop ON voucher_location (shop_id, id);

CREATE TABLE voucher_terms (                             -- owner: shop_id; the latest of a product are what is sold now
  id         bigint PRIMARY KEY,
  shop_id    bigint NOT NULL REFERENCES people_shop,
  product_id bigint NOT NULL,
  uses       int NOT NULL CHECK (uses BETWEEN 1 AND 100),
  valid_days int CHECK (valid_days BETWEEN 1 AND 1095),  -- counted from when it is issued
  valid_until timestamptz,
  location_ids bigint[] NOT NULL CHECK (cardinality(location_ids) BETWEEN 1 AND 200),
  unused     text NOT NULL CHECK (unused IN ('refunded', 'kept')),
  expired    text NOT NULL CHECK (expired IN ('refunded', 'kept')),
  unclaimed  text NOT NULL CHECK (unclaimed IN ('refunded', 'returned_for_use')),
  made_by    bigint NOT NULL,
  made_at    timestamptz NOT NULL,
  CONSTRAINT one_validity CHECK ((valid_days IS NULL) <> (valid_until IS NULL))
);
CREATE INDEX voucher_terms_product ON voucher_terms (product_id, id DESC);
CREATE INDEX voucher_terms_shop ON voucher_terms (shop_id, id DESC);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON voucher_terms
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE voucher_sold (                              -- owner: order_id; the terms that an order was placed under
  order_id   bigint NOT NULL,
  product_id bigint NOT NULL,
  terms_id   bigint NOT NULL REFERENCES voucher_terms,
  PRIMARY KEY (order_id, product_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON voucher_sold
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE voucher_voucher (                           -- owner: order_id
  id         bigint PRIMARY KEY,
  order_id   bigint NOT NULL REFERENCES order_order,
  line_n     smallint NOT NULL,
  piece      int NOT NULL CHECK (piece > 0),             -- one a piece of the line
  terms_id   bigint NOT NULL REFERENCES voucher_terms,
  sku_id     bigint NOT NULL,
  shop_id    bigint NOT NULL,
  holder_id  bigint NOT NULL,
  payer_id   bigint NOT NULL,
  amount     bigint NOT NULL CHECK (amount > 0),         -- what was paid for it
  currency   char(3) NOT NULL,
  uses       int NOT NULL CHECK (uses > 0),
  used       int NOT NULL DEFAULT 0,
  state      text NOT NULL CHECK (state IN ('valid', 'used', 'expired', 'refunded')),
  why        text NOT NULL DEFAULT '' CHECK (why IN ('', 'used', 'asked', 'expired')),
  refunded_amount bigint NOT NULL DEFAULT 0 CHECK (refunded_amount BETWEEN 0 AND amount),
  issued_at  timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at   timestamptz,
  code_hash  bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
  code_sealed bytea,                                     -- shown to its holder; gone when they are erased
  UNIQUE (order_id, line_n, piece),
  CONSTRAINT uses_within_the_voucher CHECK (used BETWEEN 0 AND uses),
  CONSTRAINT used_up_is_over CHECK ((state = 'used') = (used = uses)),
  CONSTRAINT over_has_its_end CHECK ((state = 'valid') = (ended_at IS NULL) AND (state = 'valid') = (why = '')),
  CONSTRAINT refunded_has_its_amount CHECK ((state = 'refunded') = (refunded_amount > 0)),
  CONSTRAINT valid_for_a_while CHECK (expires_at > issued_at)
);
CREATE INDEX voucher_voucher_holder ON voucher_voucher (holder_id, id DESC);
CREATE INDEX voucher_voucher_shop ON voucher_voucher (shop_id, id DESC);

CREATE FUNCTION voucher_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- the table of the room's model; a use is never taken back
  IF OLD.state <> 'valid' OR NEW.used < OLD.used OR NEW.used > OLD.used + 1 OR NEW.expires_at < OLD.expires_at
     OR NEW.uses <> OLD.uses OR NEW.amount <> OLD.amount THEN
    RAISE EXCEPTION 'voucher % does not move from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE OF state, used, uses, amount, expires_at ON voucher_voucher
  FOR EACH ROW EXECUTE FUNCTION voucher_moves();

CREATE TABLE voucher_use (                               -- owner: voucher_id; each use once, for ever
  voucher_id bigint NOT NULL REFERENCES voucher_voucher,
  n          int NOT NULL CHECK (n > 0),
  shop_id    bigint NOT NULL,
  location_id bigint NOT NULL REFERENCES voucher_location,
  clerk_id   bigint NOT NULL,
  used_at    timestamptz NOT NULL,
  PRIMARY KEY (voucher_id, n)
);
CREATE INDEX voucher_use_shop ON voucher_use (shop_id, used_at DESC);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON voucher_use
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
