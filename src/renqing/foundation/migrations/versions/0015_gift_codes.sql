-- Gift codes (礼物码): printed beside a product, scanned by whoever wants to give it. docs/decisions/gift-codes.md.

-- trade: codes -------------------------------------------------------------------------------------------------
CREATE TABLE code_code (                                 -- owner: shop_id
  id         bigint PRIMARY KEY,
  code       text NOT NULL UNIQUE,                       -- stands in print: no secret, and never given twice
  shop_id    bigint NOT NULL REFERENCES people_shop,
  product_id bigint NOT NULL,
  guide_id   bigint REFERENCES people_person,            -- who is credited; NULL: the shop alone
  place      text NOT NULL,
  made_by    bigint NOT NULL,
  made_at    timestamptz NOT NULL,
  ended_at   timestamptz
);
CREATE INDEX code_code_shop ON code_code (shop_id, id DESC);

-- A gift that began at a code, and who is credited, as it was then. Append-only.
CREATE TABLE code_gift (                                 -- owner: code_id
  gift_id    bigint PRIMARY KEY,
  code_id    bigint NOT NULL REFERENCES code_code,
  guide_id   bigint,
  made_at    timestamptz NOT NULL
);
CREATE INDEX code_gift_code ON code_gift (code_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON code_gift
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
