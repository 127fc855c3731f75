-- Which accounts had what is one a person sent to the same phone. docs/decisions/guises.md says what is kept, and why.
CREATE TABLE hold_guise (                                -- owner: subject_id; a gift for many, or what a shop gives away
  subject_id bigint NOT NULL,
  mark       bytea NOT NULL CHECK (octet_length(mark) = 32),  -- a keyed hash of subject and phone: it says nothing alone
  person_id  bigint NOT NULL REFERENCES people_person,
  made_at    timestamptz NOT NULL,
  PRIMARY KEY (subject_id, mark, person_id)
);
CREATE INDEX hold_guise_person ON hold_guise (person_id, made_at);

-- Who opened a gift that only a link names: so many different people, and its giver is told that the link goes around.
CREATE TABLE hold_opener (                               -- owner: gift_id
  gift_id    bigint NOT NULL REFERENCES gift_gift,
  person_id  bigint NOT NULL REFERENCES people_person,
  opened_at  timestamptz NOT NULL,
  PRIMARY KEY (gift_id, person_id)
);
CREATE INDEX hold_opener_person ON hold_opener (person_id);
