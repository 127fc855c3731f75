-- Words or a picture that a shop makes on a product, for who orders it that way.

-- trade: engravings --------------------------------------------------------------------------------------------
CREATE TABLE engraving_terms (                           -- owner: shop_id; only products that take one
  product_id bigint PRIMARY KEY REFERENCES catalog_product,
  shop_id    bigint NOT NULL REFERENCES people_shop,
  characters_max smallint NOT NULL CHECK (characters_max BETWEEN 0 AND 60), -- 0: no words
  script     text NOT NULL CHECK (script IN ('any', 'han', 'latin')),
  takes_pictures boolean NOT NULL,
  CONSTRAINT takes_something CHECK (characters_max > 0 OR takes_pictures)
);
CREATE TABLE engraving_order (                           -- owner: order_id, the one that pays; with the terms of that day
  order_id   bigint PRIMARY KEY REFERENCES order_order,
  buyer_id   bigint NOT NULL REFERENCES people_person,
  kind       text NOT NULL CHECK (kind IN ('words', 'picture', 'left')),
  words      text NOT NULL,
  picture_id bigint,
  characters_max smallint NOT NULL,
  script     text NOT NULL,
  takes_pictures boolean NOT NULL,
  CONSTRAINT as_its_kind CHECK ((kind = 'words' OR words = '') AND (kind = 'picture' OR picture_id IS NULL))
);
CREATE INDEX engraving_order_buyer ON engraving_order (buyer_id);
CREATE TABLE engraving_own (                             -- owner: order_id, the one that pays; whom the words were left to
  order_id   bigint NOT NULL REFERENCES engraving_order,
  person_id  bigint NOT NULL REFERENCES people_person,
  words      text NOT NULL,
  said_at    timestamptz NOT NULL,
  PRIMARY KEY (order_id, person_id)
);
CREATE INDEX engraving_own_person ON engraving_own (person_id);
