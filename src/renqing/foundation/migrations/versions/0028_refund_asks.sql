-- A refund that a giver asks for after the claim: who has the gift agrees, declines, or is silent.

-- trade: refund asks -------------------------------------------------------------------------------------------
CREATE TABLE refund_ask (                                -- owner: order_id; one an order, ever
  order_id   bigint PRIMARY KEY REFERENCES order_order,
  gift_id    bigint NOT NULL,
  giver_id   bigint NOT NULL REFERENCES people_person,
  owner_id   bigint NOT NULL REFERENCES people_person,
  reason     text NOT NULL,                              -- a ready sentence: refund_ask.reason.<reason>
  state      text NOT NULL CHECK (state IN ('waiting', 'agreed', 'declined', 'timed_out')),
  asked_at   timestamptz NOT NULL,
  answer_by  timestamptz NOT NULL,
  ended_at   timestamptz,
  case_id    bigint,                                     -- the after-sale that a yes opened
  CONSTRAINT asked_of_another CHECK (giver_id <> owner_id),
  CONSTRAINT answered_has_its_end CHECK ((state = 'waiting') = (ended_at IS NULL)),
  CONSTRAINT agreed_has_its_case CHECK ((state = 'agreed') = (case_id IS NOT NULL))
);
