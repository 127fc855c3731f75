-- Thanks for gifts: words, a picture or a voice, once a gift and person; and whether a history of gifts is shown.

-- social: thanks -----------------------------------------------------------------------------------------------
CREATE TABLE thanks_note (                               -- owner: gift_id; what who claimed it says to its giver
  gift_id    bigint NOT NULL REFERENCES gift_gift,
  person_id  bigint NOT NULL REFERENCES people_person,
  giver_id   bigint NOT NULL REFERENCES people_person,
  words      text NOT NULL CHECK (char_length(words) <= 4000), -- 300 as the reader counts; a sign may be many characters
  picture_id bigint,                                     -- ids of media_file, gone with who made them
  voice_id   bigint,
  said_at    timestamptz NOT NULL,
  PRIMARY KEY (gift_id, person_id),
  CHECK (person_id <> giver_id)
);
CREATE INDEX thanks_note_person ON thanks_note (person_id);

-- social: moderation -------------------------------------------------------------------------------------------
ALTER TABLE moderation_piece DROP CONSTRAINT moderation_piece_piece_check;
ALTER TABLE moderation_piece ADD CONSTRAINT moderation_piece_piece_check CHECK
  (piece IN ('greeting', 'note', 'cover', 'voice', 'video', 'thanks', 'thanks_picture', 'thanks_voice'));

-- social: peace ------------------------------------------------------------------------------------------------
ALTER TABLE peace_rule ADD COLUMN shows_history boolean NOT NULL DEFAULT true;
