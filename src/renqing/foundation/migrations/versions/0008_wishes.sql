-- social: wishes -----------------------------------------------------------------------------------------------
CREATE TABLE wish_list (                                 -- owner: owner_id
  id         bigint PRIMARY KEY,
  owner_id   bigint NOT NULL REFERENCES people_person,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  seen_by    text NOT NULL CHECK (seen_by IN ('everybody', 'friends', 'nobody')),
  made_at    timestamptz NOT NULL
);
CREATE INDEX wish_list_owner ON wish_list (owner_id, id);
CREATE TABLE wish_wish (                                 -- owner: list_id; a product once a list
  list_id    bigint NOT NULL REFERENCES wish_list,
  product_id bigint NOT NULL,
  sku_id     bigint,                                     -- NULL: any style
  note       text NOT NULL DEFAULT '' CHECK (length(note) <= 100),
  at_home    boolean NOT NULL DEFAULT false,             -- said by its owner alone
  wished_at  timestamptz NOT NULL,
  PRIMARY KEY (list_id, product_id)
);
CREATE TABLE wish_owner (                                -- owner: person_id; only who chose otherwise than usual
  person_id  bigint PRIMARY KEY REFERENCES people_person,
  says_what_is_at_home boolean NOT NULL
);
