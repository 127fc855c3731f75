-- What people write and record for others is judged; what is held waits for an operator.
CREATE TABLE moderation_word (                           -- owner: the platform
  word       text PRIMARY KEY CHECK (word <> ''),        -- as it is looked for: NFKC, small
  added_by   bigint NOT NULL,
  added_at   timestamptz NOT NULL
);
CREATE TABLE moderation_piece (                          -- owner: gift_id; what was held of a gift, and what became of it
  id         bigint PRIMARY KEY,
  gift_id    bigint NOT NULL,
  author_id  bigint NOT NULL,
  piece      text NOT NULL CHECK (piece IN ('greeting', 'note', 'cover', 'voice', 'video')),
  body       text NOT NULL,
  media_id   bigint,
  why        text NOT NULL,
  state      text NOT NULL CHECK (state IN ('held', 'approved', 'refused')),
  reason     text NOT NULL DEFAULT '',
  made_at    timestamptz NOT NULL,
  decided_by bigint,
  decided_at timestamptz,
  CONSTRAINT decided_by_somebody CHECK ((state = 'held') = (decided_by IS NULL) AND (state = 'held') = (decided_at IS NULL))
);
CREATE INDEX moderation_piece_held ON moderation_piece (id) WHERE state = 'held';
CREATE INDEX moderation_piece_decided ON moderation_piece (decided_at DESC) WHERE state <> 'held';
CREATE INDEX moderation_piece_gift ON moderation_piece (gift_id);
CREATE INDEX moderation_piece_author ON moderation_piece (author_id);
