-- Gifts whose giver would rather not say who they are, and who takes such gifts.
ALTER TABLE peace_rule ADD COLUMN takes_nameless boolean NOT NULL DEFAULT true; -- from friends alone, as the rule says

-- social: masks ------------------------------------------------------------------------------------------------
CREATE TABLE mask_gift (                                 -- owner: gift_id; only gifts that were given without a name
  gift_id    bigint PRIMARY KEY REFERENCES gift_gift,
  giver_id   bigint NOT NULL REFERENCES people_person,
  shown_at   timestamptz                                 -- since then their giver says who they are
);
CREATE TABLE mask_refusal (                              -- owner: person_id; no more gifts without a name from this giver
  person_id  bigint NOT NULL REFERENCES people_person,
  giver_id   bigint NOT NULL REFERENCES people_person,
  refused_at timestamptz NOT NULL,
  PRIMARY KEY (person_id, giver_id)
);
CREATE INDEX mask_refusal_giver ON mask_refusal (giver_id);
