-- What people report of each other, and holds that rules or operators put on somebody. docs/decisions/holds.md.

-- social: holds ------------------------------------------------------------------------------------------------
CREATE TABLE hold_report (                               -- owner: reporter_id; about_id never learns of it
  id         bigint PRIMARY KEY,
  reporter_id bigint NOT NULL REFERENCES people_person,
  about_id   bigint NOT NULL REFERENCES people_person,
  gift_id    bigint,
  reason     text NOT NULL CHECK (reason IN ('unwanted', 'harassment', 'fraud', 'other')),
  words      text NOT NULL,
  made_at    timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by bigint,
  verdict    text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'held', 'dismissed')),
  CHECK (reporter_id <> about_id),
  CHECK ((decided_at IS NULL) = (verdict = ''))
);
CREATE UNIQUE INDEX hold_report_once ON hold_report (reporter_id, about_id) WHERE decided_at IS NULL;
CREATE INDEX hold_report_about ON hold_report (about_id, made_at);
CREATE INDEX hold_report_waiting ON hold_report (id) WHERE decided_at IS NULL;

CREATE TABLE hold_hold (                                 -- owner: person_id; ends at ends_at, or earlier by a person
  id         bigint PRIMARY KEY,
  person_id  bigint NOT NULL REFERENCES people_person,
  verb       text NOT NULL CHECK (verb IN ('give', 'pay')),
  rule       text NOT NULL,                              -- of the registry in journeys/watch_for_abuse.py, or 'operator'
  made_at    timestamptz NOT NULL,
  made_by    bigint NOT NULL,                            -- 0: the rule itself
  ends_at    timestamptz NOT NULL,
  lifted_at  timestamptz,
  lifted_by  bigint,
  CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE INDEX hold_hold_person ON hold_hold (person_id, ends_at) WHERE lifted_at IS NULL;
