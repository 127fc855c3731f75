-- Birthdays that people show to their friends, days that they note about them, and who is reminded of which.

-- social: days -------------------------------------------------------------------------------------------------
CREATE TABLE day_birthday (                              -- owner: person_id; a month and a day, never a year
  person_id  bigint PRIMARY KEY REFERENCES people_person,
  calendar   text NOT NULL CHECK (calendar IN ('solar', 'lunar')),
  month      smallint NOT NULL CHECK (month BETWEEN 1 AND 12),
  day        smallint NOT NULL CHECK (day BETWEEN 1 AND 31),
  is_leap    boolean NOT NULL CHECK (calendar = 'lunar' OR NOT is_leap),
  is_shown   boolean NOT NULL                            -- to friends; nobody else sees it ever
);
CREATE TABLE day_noted (                                 -- owner: owner_id, who alone reads it
  id         bigint PRIMARY KEY,
  owner_id   bigint NOT NULL REFERENCES people_person,
  friend_id  bigint NOT NULL REFERENCES people_person CHECK (friend_id <> owner_id),
  name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 40),
  calendar   text NOT NULL CHECK (calendar IN ('solar', 'lunar')),
  month      smallint NOT NULL CHECK (month BETWEEN 1 AND 12),
  day        smallint NOT NULL CHECK (day BETWEEN 1 AND 31),
  is_leap    boolean NOT NULL CHECK (calendar = 'lunar' OR NOT is_leap),
  noted_at   timestamptz NOT NULL
);
CREATE INDEX day_noted_owner ON day_noted (owner_id, id);
CREATE INDEX day_noted_friend ON day_noted (friend_id);  -- for their erasure
CREATE TABLE day_watch (                                 -- owner: person_id; only who asked to be reminded
  person_id   bigint PRIMARY KEY REFERENCES people_person,
  days_before smallint NOT NULL CHECK (days_before BETWEEN 0 AND 14)
);
CREATE TABLE day_told (                                  -- owner: person_id; a day is told once in each year of its own
  person_id  bigint NOT NULL REFERENCES people_person,
  who_id     bigint NOT NULL REFERENCES people_person,
  note_id    bigint NOT NULL,                            -- 0: their birthday
  year       integer NOT NULL,
  PRIMARY KEY (person_id, who_id, note_id, year)
);
CREATE INDEX day_told_who ON day_told (who_id);
CREATE INDEX day_told_note ON day_told (note_id) WHERE note_id <> 0;
