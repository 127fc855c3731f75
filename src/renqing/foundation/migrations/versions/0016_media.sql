-- What people put with their gifts. The bytes lie on a shelf outside the database, at a place made of digest and id.

-- social: media ------------------------------------------------------------------------------------------------
CREATE TABLE media_file (                                -- owner: owner_id
  id         bigint PRIMARY KEY,
  owner_id   bigint NOT NULL REFERENCES people_person,
  kind       text NOT NULL CHECK (kind IN ('picture', 'voice', 'video')),
  type       text NOT NULL,
  bytes      int NOT NULL CHECK (bytes > 0),
  milliseconds int NOT NULL CHECK (milliseconds >= 0),
  width      int NOT NULL,
  height     int NOT NULL,
  digest     text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  made_at    timestamptz NOT NULL,
  used_at    timestamptz,                                -- with a gift since; NULL: it waits, and is dropped after a day
  CONSTRAINT seen_or_heard CHECK ((kind = 'picture') = (milliseconds = 0))
);
CREATE INDEX media_file_owner ON media_file (owner_id);

-- social: wrappings --------------------------------------------------------------------------------------------
CREATE TABLE wrapping_gift (                             -- owner: gift_id; only gifts that have something with them
  gift_id    bigint PRIMARY KEY,
  giver_id   bigint NOT NULL,
  voice_id   bigint,
  video_id   bigint,
  note       text NOT NULL DEFAULT ''
);
CREATE INDEX wrapping_gift_giver ON wrapping_gift (giver_id);
