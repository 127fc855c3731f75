-- books: people ------------------------------------------------------------------------------------------------
-- Who asked to be erased, and when. The row of the person stays, empty: orders and the ledger name it by its id.
CREATE TABLE people_erasure (                            -- owner: person_id
  person_id bigint PRIMARY KEY REFERENCES people_person,
  erased_at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people_erasure
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX people_block_blocked ON people_block (blocked_id);       -- to forget who was kept away
CREATE INDEX chat_message_author ON chat_message (author_id) WHERE body <> '';

-- trade: payments ----------------------------------------------------------------------------------------------
-- A refund named its after-sale in the words of who complained. They stand in the case, and only there.
UPDATE payment_refund SET reason = 'aftersale' WHERE cause_kind = 'aftersale' AND reason <> 'aftersale';
