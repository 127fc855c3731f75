-- Words on what people buy for themselves: with the line of their cart, then with the line of the order.

-- trade: engravings --------------------------------------------------------------------------------------------
CREATE TABLE engraving_cart (                            -- owner: person_id; only lines that have words
  person_id  bigint NOT NULL,
  sku_id     bigint NOT NULL,
  words      text NOT NULL CHECK (words <> ''),
  PRIMARY KEY (person_id, sku_id),
  FOREIGN KEY (person_id, sku_id) REFERENCES cart_line ON DELETE CASCADE -- however a line leaves its cart
);
CREATE TABLE engraving_line (                            -- owner: order_id; what each piece of this line is to have on it
  order_id   bigint NOT NULL REFERENCES order_order,
  line_n     smallint NOT NULL,
  buyer_id   bigint NOT NULL REFERENCES people_person,
  words      text NOT NULL,
  PRIMARY KEY (order_id, line_n)
);
CREATE INDEX engraving_line_buyer ON engraving_line (buyer_id);
