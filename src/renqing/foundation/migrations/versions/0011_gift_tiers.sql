-- Tiers: a gift for many whose shares are not all the same. docs/decisions/gift-shares.md says why it looks so.

-- social: gifts ------------------------------------------------------------------------------------------------
-- A process that knows of no tiers would hand out the first tier's goods for every share: what it writes is refused.
ALTER TABLE gift_gift
  ADD COLUMN tiers smallint NOT NULL DEFAULT 1 CHECK (tiers BETWEEN 1 AND 10),
  ADD COLUMN shares_dealt int NOT NULL DEFAULT 0,                    -- claimed by a process that knows of tiers
  ADD CONSTRAINT a_share_for_each_tier CHECK (tiers <= shares),
  ADD CONSTRAINT dealt_by_tiers CHECK (tiers = 1 OR shares_dealt = shares_claimed);

-- The tiers of a gift that has more than one: share ``n`` is of the tier whose span it lies in.
CREATE TABLE gift_tier (                                 -- owner: gift_id
  gift_id    bigint NOT NULL,
  n          smallint NOT NULL CHECK (n BETWEEN 1 AND 10),  -- the line of the gift's order as well
  first_share int NOT NULL CHECK (first_share > 0),
  shares     int NOT NULL CHECK (shares > 0),
  product_id bigint NOT NULL,
  sku_id     bigint NOT NULL,
  unit_price bigint NOT NULL,
  goods_amount bigint NOT NULL CHECK (goods_amount > 0),    -- of all its shares together
  freight_amount bigint NOT NULL CHECK (freight_amount >= 0),
  PRIMARY KEY (gift_id, n),
  CONSTRAINT one_tier_a_style UNIQUE (gift_id, sku_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_tier
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
