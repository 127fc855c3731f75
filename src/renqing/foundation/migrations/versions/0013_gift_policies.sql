-- Which policy a shop's gifts are bought under, and which one each gift was. docs/decisions/gift-presets.md says why.
-- A process of before writes no policy into a gift: it is then the house's.

-- social: gifts ------------------------------------------------------------------------------------------------
ALTER TABLE gift_gift
  ADD COLUMN policy jsonb;                                           -- bought under it; NULL: the house's settings
CREATE TABLE gift_policy (                               -- owner: shop_id (0 is the platform)
  shop_id    bigint PRIMARY KEY,
  preset     text NOT NULL,
  changes    jsonb NOT NULL DEFAULT '{}',                -- what of the preset is set otherwise
  chosen_by  bigint NOT NULL,
  chosen_at  timestamptz NOT NULL
);
