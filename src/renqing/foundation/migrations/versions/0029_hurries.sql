-- Who reminded a late shop of an order, and when.

-- trade: hurries -----------------------------------------------------------------------------------------------
CREATE TABLE hurry_made (                                -- owner: order_id; once a day, whoever of the two it is
  order_id   bigint NOT NULL REFERENCES order_order,
  n          int NOT NULL CHECK (n > 0),
  person_id  bigint NOT NULL REFERENCES people_person,
  made_at    timestamptz NOT NULL,
  PRIMARY KEY (order_id, n)
);
