-- Funds: several people pay for one gift together. docs/decisions/funds.md says how the money goes.

-- books: ledger ------------------------------------------------------------------------------------------------
ALTER TABLE ledger_account
  DROP CONSTRAINT ledger_account_owner_kind_check,
  ADD CONSTRAINT ledger_account_owner_kind_check CHECK (owner_kind IN ('person', 'shop', 'platform', 'channel', 'fund'));

-- trade: payments ----------------------------------------------------------------------------------------------
-- What a payment pays for is an order, or a contribution to a fund: their ids are made in one place and never meet.
ALTER TABLE payment_intent DROP CONSTRAINT payment_intent_order_id_fkey;

-- social: funds ------------------------------------------------------------------------------------------------
CREATE TABLE fund_fund (                                 -- owner: starter_id
  id         bigint PRIMARY KEY,                         -- its order's id as well
  gift_id    bigint NOT NULL UNIQUE,
  starter_id bigint NOT NULL,
  recipient_id bigint,
  group_id   bigint,                                     -- whose members take part; NULL: who stands in fund_guest
  target     bigint NOT NULL CHECK (target > 0),         -- minor units: the goods with their freight
  currency   char(3) NOT NULL,
  paid       bigint NOT NULL,
  pending    bigint NOT NULL,                            -- set aside for who is at the cashier
  hides_sums boolean NOT NULL,
  hides_names boolean NOT NULL,                          -- on the gift's card
  state      text NOT NULL CHECK (state IN ('open', 'full', 'short', 'called_off')),
  ends_at    timestamptz NOT NULL,
  made_at    timestamptz NOT NULL,
  ended_at   timestamptz,
  CONSTRAINT never_more_than_its_target CHECK (paid >= 0 AND pending >= 0 AND paid + pending <= target),
  CONSTRAINT full_when_all_is_paid CHECK ((state = 'full') = (paid = target)),
  CONSTRAINT over_has_its_end CHECK ((state = 'open') = (ended_at IS NULL) AND (state = 'open' OR pending = 0))
);
CREATE INDEX fund_fund_starter ON fund_fund (starter_id, id DESC);
CREATE INDEX fund_fund_group ON fund_fund (group_id, id DESC) WHERE group_id IS NOT NULL;
CREATE TABLE fund_guest (                                -- owner: person_id
  fund_id    bigint NOT NULL REFERENCES fund_fund,
  person_id  bigint NOT NULL,
  PRIMARY KEY (person_id, fund_id)
);
CREATE INDEX fund_guest_fund ON fund_guest (fund_id);
CREATE TABLE fund_contribution (                         -- owner: person_id
  id         bigint PRIMARY KEY,                         -- what its payment is for
  fund_id    bigint NOT NULL REFERENCES fund_fund,
  person_id  bigint NOT NULL,
  amount     bigint NOT NULL CHECK (amount > 0),
  state      text NOT NULL CHECK (state IN ('open', 'paid', 'over', 'returned')),
  made_at    timestamptz NOT NULL,
  paid_at    timestamptz
);
CREATE INDEX fund_contribution_fund ON fund_contribution (fund_id, id);
CREATE INDEX fund_contribution_person ON fund_contribution (person_id, id DESC);
CREATE TABLE fund_return (                               -- owner: contribution_id; what of a gift's refund goes to whom
  id         bigint PRIMARY KEY,
  refund_id  bigint NOT NULL,
  contribution_id bigint NOT NULL REFERENCES fund_contribution,
  amount     bigint NOT NULL CHECK (amount > 0),
  CONSTRAINT one_part_each UNIQUE (refund_id, contribution_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fund_return
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION fund_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- what was asked for stays, and what is over is over
  IF (NEW.id, NEW.gift_id, NEW.starter_id, NEW.target, NEW.currency, NEW.ends_at)
       IS DISTINCT FROM (OLD.id, OLD.gift_id, OLD.starter_id, OLD.target, OLD.currency, OLD.ends_at)
     OR NEW.paid < OLD.paid OR (OLD.state <> 'open' AND (NEW.state, NEW.paid) IS DISTINCT FROM (OLD.state, OLD.paid)) THEN
    RAISE EXCEPTION 'fund % does not move from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON fund_fund FOR EACH ROW EXECUTE FUNCTION fund_moves();
