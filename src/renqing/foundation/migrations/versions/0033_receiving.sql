-- Who cannot receive a gift: a young person's account, and somebody whom an operator holds from receiving.
ALTER TABLE peace_rule ADD COLUMN is_minor boolean NOT NULL DEFAULT false;
ALTER TABLE hold_hold DROP CONSTRAINT hold_hold_verb_check;
ALTER TABLE hold_hold ADD CONSTRAINT hold_hold_verb_check CHECK (verb IN ('give', 'pay', 'receive')) NOT VALID;
ALTER TABLE hold_hold VALIDATE CONSTRAINT hold_hold_verb_check;
