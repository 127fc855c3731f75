-- What a parcel holds is hidden from who gets it, until it is delivered or they say that they opened it.

-- social: surprises --------------------------------------------------------------------------------------------
CREATE TABLE surprise_gift (                             -- owner: gift_id; only gifts that are one
  gift_id    bigint PRIMARY KEY REFERENCES gift_gift,
  until      text NOT NULL CHECK (until IN ('delivered', 'opened'))
);
CREATE TABLE surprise_reveal (                           -- owner: gift_id; who said that they know
  gift_id    bigint NOT NULL REFERENCES surprise_gift,
  person_id  bigint NOT NULL REFERENCES people_person,
  revealed_at timestamptz NOT NULL,
  PRIMARY KEY (gift_id, person_id)
);
