-- Another style after a gift was claimed and before it is shipped: asked once, decided by the shop.

-- trade: swaps -------------------------------------------------------------------------------------------------
CREATE TABLE swap_request (                              -- owner: order_id. State numbers are WeChat Shop's
  order_id   bigint PRIMARY KEY,                         -- once, ever
  shop_id    bigint NOT NULL,
  owner_id   bigint NOT NULL,                            -- who asked: the gift's recipient
  payer_id   bigint NOT NULL,
  old_sku_id bigint NOT NULL,
  new_sku_id bigint NOT NULL,
  state      smallint NOT NULL CHECK (state BETWEEN 3 AND 7),
  why        text NOT NULL DEFAULT '' CHECK (why IN ('', 'shop', 'stock')),
  asked_at   timestamptz NOT NULL,
  answer_by  timestamptz NOT NULL,
  ended_at   timestamptz,
  CONSTRAINT another_style CHECK (old_sku_id <> new_sku_id),
  CONSTRAINT over_has_its_end CHECK ((state = 3) = (ended_at IS NULL)),
  CONSTRAINT rejected_has_its_why CHECK ((state = 5) = (why <> ''))
);
CREATE INDEX swap_request_waiting ON swap_request (shop_id, order_id) WHERE state = 3;

CREATE FUNCTION swap_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- the table of the room's model
  IF OLD.state <> 3 OR NEW.state = 3 THEN
    RAISE EXCEPTION 'swap of order % does not move from % to %', OLD.order_id, OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON swap_request FOR EACH ROW EXECUTE FUNCTION swap_moves();
