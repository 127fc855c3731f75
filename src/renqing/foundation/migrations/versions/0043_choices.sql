-- What somebody chose instead of what they were given is an order of its own. docs/decisions/other-things.md says why.
-- trade: choices -----------------------------------------------------------------------------------------------
CREATE TABLE choice_choice (                             -- owner: order_id; the gift's order, of one share and one shop
  order_id   bigint PRIMARY KEY REFERENCES order_order,
  part_id    bigint NOT NULL UNIQUE REFERENCES order_order,
  made_at    timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON choice_choice
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What givers kept of their gifts is looked up by the gift's order; of shares, whose claims are hot, nothing is.
CREATE INDEX order_order_kept ON order_order (part_of) WHERE part_of IS NOT NULL AND purpose = 'self';
