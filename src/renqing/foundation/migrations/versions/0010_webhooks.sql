-- trade: webhooks ----------------------------------------------------------------------------------------------
CREATE TABLE webhook_endpoint (                          -- owner: shop_id (0 is the platform)
  id         bigint PRIMARY KEY,
  shop_id    bigint NOT NULL,
  url        text NOT NULL CHECK (length(url) <= 500),
  description text NOT NULL DEFAULT '',
  kinds      text[] NOT NULL DEFAULT '{}',               -- empty: every kind there is for its owner
  kinds_since timestamptz NOT NULL,                      -- since when it hears these: earlier facts need no delivery
  state      text NOT NULL CHECK (state IN ('on', 'paused', 'disabled', 'removed')),
  why_disabled text NOT NULL DEFAULT '',
  secret_sealed bytea,                                   -- bound to this row; gone with the endpoint
  former_sealed bytea,                                   -- signs beside it until former_until
  former_until timestamptz,
  failing_since timestamptz,                             -- the first failed try after the last that was taken
  made_at    timestamptz NOT NULL,
  CONSTRAINT secret_until_removed CHECK ((state = 'removed') = (secret_sealed IS NULL)),
  CONSTRAINT former_has_its_end CHECK ((former_sealed IS NULL) = (former_until IS NULL)),
  CONSTRAINT disabled_has_its_reason CHECK ((state = 'disabled') = (why_disabled <> ''))
);
CREATE INDEX webhook_endpoint_shop ON webhook_endpoint (shop_id, id) WHERE state <> 'removed';

-- The events of one subject for one endpoint. Its row is the lock under which they are numbered and ended.
CREATE TABLE webhook_line (                              -- owner: endpoint_id
  endpoint_id bigint NOT NULL,
  subject_id bigint NOT NULL,                            -- a gift, or an order that is none
  last_n     bigint NOT NULL CHECK (last_n > 0),
  PRIMARY KEY (endpoint_id, subject_id)
);

CREATE TABLE webhook_delivery (                          -- owner: endpoint_id. Kept 180 days
  id         bigint PRIMARY KEY,
  endpoint_id bigint NOT NULL,
  fact_id    bigint NOT NULL,                            -- the fact it tells; of a test event, a number of its own
  kind       text NOT NULL,
  subject_id bigint NOT NULL,
  n          bigint NOT NULL CHECK (n > 0),              -- 1, 2, 3 … in its line: the order in which it is delivered
  event_id   text NOT NULL,                              -- webhook-id: the same at every try and every replay
  body       text NOT NULL,                              -- exactly what is signed and posted
  state      text NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
  tries      smallint NOT NULL DEFAULT 0,                -- loans since it began to wait: the fence
  loans      bigint NOT NULL DEFAULT 0,                  -- loans ever
  next_at    timestamptz,                                -- of the first that waits in its line; the others wait for it
  lent_until timestamptz,
  last_status int NOT NULL DEFAULT 0,
  last_why   text NOT NULL DEFAULT '',
  made_at    timestamptz NOT NULL,
  delivered_at timestamptz,                              -- last
  CONSTRAINT one_delivery_a_fact UNIQUE (endpoint_id, fact_id, kind),
  CONSTRAINT numbered_in_its_line UNIQUE (endpoint_id, subject_id, n),
  CONSTRAINT only_what_waits_is_due CHECK (next_at IS NULL OR state = 'waiting'),
  CONSTRAINT delivered_at_a_time CHECK (state <> 'delivered' OR delivered_at IS NOT NULL)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_delivery_lent ON webhook_delivery (endpoint_id) WHERE lent_until IS NOT NULL;
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (endpoint_id, subject_id, n) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_page ON webhook_delivery (endpoint_id, id DESC);
CREATE INDEX webhook_delivery_made ON webhook_delivery (made_at);

CREATE TABLE webhook_try (                               -- owner: delivery_id
  delivery_id bigint NOT NULL,
  loan       bigint NOT NULL,
  at         timestamptz NOT NULL,
  status     int NOT NULL,                               -- 0: no answer
  why        text NOT NULL,
  milliseconds int NOT NULL,
  PRIMARY KEY (delivery_id, loan)
);
