-- Money that could not go back the way it came: whose it is, and how it is tried to be given back.

-- trade: payments ----------------------------------------------------------------------------------------------
-- kept: the channel will not give it back; it is the payer's balance now, and no longer due through this refund.
ALTER TABLE payment_refund
  DROP CONSTRAINT payment_refund_state_check,
  ADD CONSTRAINT payment_refund_state_check CHECK (state IN ('due', 'sent', 'kept', 'done'));
CREATE INDEX payment_intent_payer ON payment_intent (payer_id, captured_at DESC) WHERE state = 'captured';

-- books: ledger ------------------------------------------------------------------------------------------------
-- by_hand: what operators paid to people outside of the channels, and the platform has a claim to there.
ALTER TABLE ledger_account
  DROP CONSTRAINT ledger_account_kind_check,
  ADD CONSTRAINT ledger_account_kind_check
    CHECK (kind IN ('balance', 'escrow', 'fee', 'refunds_due', 'clearing', 'by_hand'));

-- trade: balances ----------------------------------------------------------------------------------------------
CREATE TABLE balance_balance (                           -- owner: person_id; one a refund, never deleted
  id         bigint PRIMARY KEY REFERENCES payment_refund,
  person_id  bigint NOT NULL,
  order_id   bigint NOT NULL,                            -- what was paid for: an order, or a share of a fund
  intent_id  bigint NOT NULL REFERENCES payment_intent,
  amount     bigint NOT NULL CHECK (amount > 0),
  currency   char(3) NOT NULL,
  why        text NOT NULL CHECK (why IN ('closed', 'refused')),
  state      text NOT NULL CHECK (state IN ('kept', 'returned', 'ended')),
  round      int NOT NULL DEFAULT 1 CHECK (round > 0),
  named_intent_id bigint REFERENCES payment_intent,      -- whose account the person would have it on
  kept_at    timestamptz NOT NULL,
  over_at    timestamptz,
  ended_by   bigint,                                     -- the operator who ended it by hand, and why
  reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 400),
  CONSTRAINT over_has_its_moment CHECK ((state <> 'kept') = (over_at IS NOT NULL)),
  CONSTRAINT ended_by_somebody CHECK ((state = 'ended') = (ended_by IS NOT NULL) AND (state = 'ended') = (reason <> ''))
);
CREATE INDEX balance_person ON balance_balance (person_id, id);
CREATE INDEX balance_kept ON balance_balance (id) WHERE state = 'kept';

CREATE TABLE balance_try (                               -- owner: balance_id
  id         bigint PRIMARY KEY,                         -- the channel's key: asked again it answers the same
  balance_id bigint NOT NULL REFERENCES balance_balance,
  round      int NOT NULL,
  route      text NOT NULL CHECK (route IN ('refund', 'payout')),
  intent_id  bigint NOT NULL REFERENCES payment_intent,  -- back to this payment, or out to the account that paid it
  state      text NOT NULL CHECK (state IN ('asked', 'done', 'failed')),
  why        text NOT NULL DEFAULT '',
  asked_at   timestamptz NOT NULL,
  over_at    timestamptz,
  CONSTRAINT try_over_has_its_moment CHECK ((state = 'asked') = (over_at IS NULL)),
  UNIQUE (balance_id, round, route, intent_id)
);
CREATE UNIQUE INDEX never_given_twice ON balance_try (balance_id) WHERE state <> 'failed';

-- What is over is over, and what it is about never changes.
CREATE FUNCTION balance_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'kept' OR (NEW.id, NEW.person_id, NEW.order_id, NEW.intent_id, NEW.amount, NEW.currency, NEW.kept_at)
     IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.order_id, OLD.intent_id, OLD.amount, OLD.currency, OLD.kept_at) THEN
    RAISE EXCEPTION 'balance % is % and stays', OLD.id, OLD.state;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON balance_balance FOR EACH ROW EXECUTE FUNCTION balance_moves();
