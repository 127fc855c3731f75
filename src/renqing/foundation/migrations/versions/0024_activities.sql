-- Merchant gifts (is_b2c_free_present): a shop sets its own goods aside and gives them. docs/decisions/merchant-gifts.md.

-- trade: orders ------------------------------------------------------------------------------------------------
-- A present costs nobody anything: no intent, no entry of the ledger. Who gets it stands where a payer stands, so that
-- nobody else is told of it, and nothing can ever be refunded.
ALTER TABLE order_order
  DROP CONSTRAINT order_order_purpose_check,
  ADD CONSTRAINT order_order_purpose_check CHECK (purpose IN ('self', 'gift', 'present')),
  DROP CONSTRAINT order_order_goods_amount_check,
  ADD CONSTRAINT a_present_costs_nothing CHECK (CASE WHEN purpose = 'present'
    THEN goods_amount = 0 AND freight_amount = 0 AND owner_id IS NOT NULL AND owner_id = payer_id
    ELSE goods_amount > 0 END);
ALTER TABLE order_line
  DROP CONSTRAINT order_line_unit_price_check,
  ADD CONSTRAINT order_line_unit_price_check CHECK (unit_price >= 0);

-- social: activities -------------------------------------------------------------------------------------------
CREATE TABLE activity_activity (                         -- owner: shop_id
  id         bigint PRIMARY KEY,
  shop_id    bigint NOT NULL REFERENCES people_shop,
  made_by    bigint NOT NULL,
  name       text NOT NULL,                              -- the shop's own word for it
  product_id bigint NOT NULL,
  sku_id     bigint NOT NULL,
  stock      int NOT NULL CHECK (stock BETWEEN 1 AND 100000),   -- pieces set aside; books/stock holds what is left
  taken      int NOT NULL DEFAULT 0,
  audience   text NOT NULL CHECK (audience IN ('link', 'customers', 'group', 'chosen')),
  group_id   bigint REFERENCES people_group,
  cover      text NOT NULL,
  greeting   text NOT NULL,
  code       text NOT NULL UNIQUE,                       -- in its public link: found by nobody who was not told it
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  made_at    timestamptz NOT NULL,
  paused_at  timestamptz,
  ended_at   timestamptz,
  ended_how  text NOT NULL DEFAULT '' CHECK (ended_how IN ('', 'all_taken', 'time', 'stopped')),
  CONSTRAINT starts_before_it_ends CHECK (starts_at < ends_at),
  CONSTRAINT taken_within_the_stock CHECK (taken BETWEEN 0 AND stock),
  CONSTRAINT over_when_all_is_taken CHECK ((ended_how = 'all_taken') = (taken = stock)),
  CONSTRAINT over_has_its_how CHECK ((ended_at IS NULL) = (ended_how = '')),
  CONSTRAINT group_for_a_group CHECK ((audience = 'group') = (group_id IS NOT NULL))
);
CREATE INDEX activity_activity_shop ON activity_activity (shop_id, id DESC);

CREATE FUNCTION activity_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- what is over stays over, and nothing is untaken
  IF OLD.ended_at IS NOT NULL OR NEW.taken < OLD.taken
     OR (NEW.stock, NEW.sku_id, NEW.shop_id, NEW.audience, NEW.ends_at)
        IS DISTINCT FROM (OLD.stock, OLD.sku_id, OLD.shop_id, OLD.audience, OLD.ends_at) THEN
    RAISE EXCEPTION 'activity % does not change so', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON activity_activity
  FOR EACH ROW EXECUTE FUNCTION activity_moves();

CREATE TABLE activity_guest (                            -- owner: person_id; a piece is kept for each
  activity_id bigint NOT NULL,
  person_id  bigint NOT NULL,
  made_at    timestamptz NOT NULL,
  PRIMARY KEY (person_id, activity_id)
);
CREATE INDEX activity_guest_activity ON activity_guest (activity_id);

-- Somebody has a piece. Append-only: what was given stays given.
CREATE TABLE activity_present (                          -- owner: activity_id
  activity_id bigint NOT NULL,
  n          int NOT NULL CHECK (n > 0),
  person_id  bigint NOT NULL,
  order_id   bigint NOT NULL UNIQUE,
  taken_at   timestamptz NOT NULL,
  PRIMARY KEY (activity_id, n),
  CONSTRAINT one_present_a_person UNIQUE (person_id, activity_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON activity_present
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
