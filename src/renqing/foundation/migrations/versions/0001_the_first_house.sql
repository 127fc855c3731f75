-- The first house. Each table's prefix is its room; "owner:" is the column it would be distributed by.

-- foundation ---------------------------------------------------------------------------------------------------
CREATE SEQUENCE foundation_node MINVALUE 0 MAXVALUE 1023 CYCLE;

CREATE TABLE foundation_clock (                          -- demo mode only: how far the house's clock is moved
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  offset_seconds bigint NOT NULL DEFAULT 0
);

CREATE TABLE once_answer (                               -- owner: subject_id
  subject_id  bigint NOT NULL,
  key         text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  fingerprint bytea NOT NULL,
  answer      text NOT NULL,
  made_at     timestamptz NOT NULL,
  PRIMARY KEY (subject_id, key)
);
CREATE INDEX once_answer_age ON once_answer USING brin (made_at);

-- One round trip: take each key's lock for this transaction or say that it is in flight, then read what is kept.
-- plpgsql takes a new snapshot a statement, so an answer committed while we reached for the lock is seen.
CREATE FUNCTION once_begin(p_subjects bigint[], p_keys text[])
RETURNS TABLE (place bigint, in_flight boolean, fingerprint bytea, answer text) LANGUAGE plpgsql AS $$
DECLARE v_locked boolean[];
BEGIN
  SELECT array_agg(pg_try_advisory_xact_lock(hashtextextended(s || ':' || k, 5)) ORDER BY o) INTO v_locked
    FROM unnest(p_subjects, p_keys) WITH ORDINALITY AS t(s, k, o);
  RETURN QUERY
    SELECT t.o, NOT v_locked[t.o], a.fingerprint, a.answer
      FROM unnest(p_subjects, p_keys) WITH ORDINALITY AS t(s, k, o)
      LEFT JOIN once_answer a ON a.subject_id = t.s AND a.key = t.k;
END $$;

CREATE TABLE outbox_fact (                               -- owner: subject_id; append-only audit of every change of state
  id         bigint PRIMARY KEY,
  kind       text NOT NULL,
  subject_id bigint NOT NULL,
  actor_id   bigint NOT NULL,
  payload    jsonb NOT NULL,
  made_at    timestamptz NOT NULL,
  next_at    timestamptz NOT NULL,
  attempts   smallint NOT NULL DEFAULT 0,
  last_error text,
  told_at    timestamptz,
  set_aside_at timestamptz
);
CREATE INDEX outbox_fact_waiting ON outbox_fact (next_at, id) WHERE told_at IS NULL AND set_aside_at IS NULL;
CREATE INDEX outbox_fact_set_aside ON outbox_fact (set_aside_at) WHERE set_aside_at IS NOT NULL;
CREATE INDEX outbox_fact_subject ON outbox_fact (subject_id, id);

CREATE TABLE timer (                                     -- owner: key
  id       bigint PRIMARY KEY,
  kind     text NOT NULL,
  key      bigint NOT NULL,
  due_at   timestamptz NOT NULL,
  payload  jsonb NOT NULL DEFAULT '{}',
  errand   boolean NOT NULL DEFAULT false,
  attempts int NOT NULL DEFAULT 0,                       -- an errand's counts its loans: it may be put off for years
  last_error text,
  made_at  timestamptz NOT NULL,
  set_aside_at timestamptz,
  UNIQUE (kind, key)
);
CREATE INDEX timer_due ON timer (due_at, id) WHERE NOT errand AND set_aside_at IS NULL;
CREATE INDEX timer_set_aside ON timer (set_aside_at) WHERE set_aside_at IS NOT NULL;
CREATE INDEX timer_due_errands ON timer (due_at, id) WHERE errand AND set_aside_at IS NULL;

CREATE TABLE check_run (                                 -- what `renqing check` found; the latest are kept
  id         bigint PRIMARY KEY,
  began_at   timestamptz NOT NULL,                       -- the machine's clock: it says how old the outcome is
  milliseconds bigint NOT NULL CHECK (milliseconds >= 0),
  by_id      bigint NOT NULL,                            -- who asked; 0 is the command line
  findings   jsonb NOT NULL                              -- one an invariant: id, differences, some of them, time
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: it is append-only, corrections are new rows', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;

-- books: ledger ------------------------------------------------------------------------------------------------
CREATE TABLE ledger_account (                            -- owner: owner_id
  id         bigint PRIMARY KEY,
  owner_kind text NOT NULL CHECK (owner_kind IN ('person', 'shop', 'platform', 'channel')),
  owner_id   bigint NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('balance', 'escrow', 'fee', 'refunds_due', 'clearing')),
  currency   char(3) NOT NULL,
  balance    bigint NOT NULL DEFAULT 0,
  held       bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
  may_overdraw boolean NOT NULL DEFAULT false,
  opened_at  timestamptz NOT NULL,
  CONSTRAINT no_overdraft CHECK (may_overdraw OR balance - held >= 0),
  UNIQUE (owner_kind, owner_id, kind, currency),
  UNIQUE (id, currency)
) WITH (fillfactor = 50);

CREATE TABLE ledger_entry (                              -- owner: cause_id
  id         bigint PRIMARY KEY,
  kind       text NOT NULL,
  cause_kind text NOT NULL,
  cause_id   bigint NOT NULL,
  actor_id   bigint NOT NULL,
  key        text NOT NULL UNIQUE,                       -- one entry an event of the house, for ever
  made_at    timestamptz NOT NULL
);
CREATE INDEX ledger_entry_cause ON ledger_entry (cause_kind, cause_id);

CREATE TABLE ledger_posting (                            -- owner: account_id
  entry_id   bigint NOT NULL REFERENCES ledger_entry,
  n          smallint NOT NULL,
  account_id bigint NOT NULL,
  currency   char(3) NOT NULL,
  amount     bigint NOT NULL CHECK (amount <> 0),
  balance_after bigint NOT NULL,
  PRIMARY KEY (entry_id, n),
  FOREIGN KEY (account_id, currency) REFERENCES ledger_account (id, currency)
);
CREATE INDEX ledger_posting_account ON ledger_posting (account_id, entry_id DESC, n DESC);

-- M1: the postings of an entry arrive in one statement and sum to zero per currency.
CREATE FUNCTION ledger_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows GROUP BY entry_id, currency HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'the postings of an entry do not sum to zero' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sums_to_zero AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sums_to_zero();
-- M2: entries and postings are never changed.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE ledger_hold (                               -- owner: account_id
  id         bigint PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES ledger_account,
  amount     bigint NOT NULL CHECK (amount > 0),
  cause_kind text NOT NULL,
  cause_id   bigint NOT NULL,
  state      text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'taken', 'released')),
  made_at    timestamptz NOT NULL,
  ended_at   timestamptz,
  UNIQUE (cause_kind, cause_id, account_id)
);
CREATE INDEX ledger_hold_live ON ledger_hold (account_id) WHERE state = 'live';

-- Post entries as one set. Postings come flat: p_entry[i] says which entry (1-based) posting i belongs to.
-- Answers one row an entry: 'posted', 'known' (its key was posted before) or 'refused' (an account would overdraw,
-- judged in the order of the batch; a refused entry does not count for the later ones).
CREATE FUNCTION ledger_post(
  p_ids bigint[], p_kinds text[], p_cause_kinds text[], p_cause_ids bigint[], p_keys text[],
  p_entry int[], p_accounts bigint[], p_amounts bigint[], p_actor bigint, p_now timestamptz)
RETURNS TABLE (place bigint, verdict text) LANGUAGE plpgsql AS $$
DECLARE v_out int[]; v_known int[]; v_bad int;
BEGIN
  PERFORM 1 FROM ledger_account WHERE id = ANY (p_accounts) ORDER BY id FOR NO KEY UPDATE;
  SELECT coalesce(array_agg(t.o::int), '{}') INTO v_known
    FROM unnest(p_keys) WITH ORDINALITY AS t(k, o) JOIN ledger_entry e ON e.key = t.k;
  v_out := v_known;
  LOOP                                                   -- the common case leaves after one look
    SELECT min(x.e) INTO v_bad FROM (
      SELECT s.e, a.balance - a.held + sum(s.amount) OVER (PARTITION BY s.account ORDER BY s.e) AS free, s.amount
        FROM (SELECT t.e, t.account, sum(t.amount) AS amount FROM unnest(p_entry, p_accounts, p_amounts) AS t(e, account, amount)
               WHERE t.e <> ALL (v_out) GROUP BY t.e, t.account) s
        JOIN ledger_account a ON a.id = s.account AND NOT a.may_overdraw) x
     WHERE x.free < 0 AND x.amount < 0;
    EXIT WHEN v_bad IS NULL;
    v_out := v_out || v_bad;
  END LOOP;
  INSERT INTO ledger_entry (id, kind, cause_kind, cause_id, actor_id, key, made_at)
    SELECT t.i, t.kind, t.ck, t.ci, p_actor, t.k, p_now
      FROM unnest(p_ids, p_kinds, p_cause_kinds, p_cause_ids, p_keys) WITH ORDINALITY AS t(i, kind, ck, ci, k, o)
     WHERE t.o <> ALL (v_out);
  INSERT INTO ledger_posting (entry_id, n, account_id, currency, amount, balance_after)
    SELECT p_ids[t.e], row_number() OVER (PARTITION BY t.e ORDER BY t.o), t.account, a.currency, t.amount,
           a.balance + sum(t.amount) OVER (PARTITION BY t.account ORDER BY t.e, t.o)
      FROM unnest(p_entry, p_accounts, p_amounts) WITH ORDINALITY AS t(e, account, amount, o)
      JOIN ledger_account a ON a.id = t.account
     WHERE t.e <> ALL (v_out);
  UPDATE ledger_account a SET balance = a.balance + s.amount
    FROM (SELECT t.account, sum(t.amount) AS amount FROM unnest(p_entry, p_accounts, p_amounts) AS t(e, account, amount)
           WHERE t.e <> ALL (v_out) GROUP BY t.account) s
   WHERE a.id = s.account AND s.amount <> 0;
  RETURN QUERY SELECT t.o, CASE WHEN t.o = ANY (v_known) THEN 'known' WHEN t.o = ANY (v_out) THEN 'refused' ELSE 'posted' END
    FROM unnest(p_ids) WITH ORDINALITY AS t(i, o);
END $$;

-- books: people ------------------------------------------------------------------------------------------------
CREATE TABLE people_region (                             -- Chinese administrative divisions to street level
  code        bigint PRIMARY KEY,                        -- 6 digits to county, 9 to street
  parent_code bigint REFERENCES people_region,
  level       smallint NOT NULL CHECK (level BETWEEN 1 AND 4),
  name        text NOT NULL
);
CREATE INDEX people_region_parent ON people_region (parent_code, code);

CREATE TABLE people_person (                             -- owner: id
  id         bigint PRIMARY KEY,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),       -- the name they show, not their legal one
  avatar     text NOT NULL DEFAULT '',                   -- a picture's key, or empty: drawn from the name
  language   text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
  phone_hash bytea UNIQUE,                               -- keyed hash: found by phone without holding it
  phone_sealed bytea,
  password_hash text,
  joined_at  timestamptz NOT NULL
);

CREATE TABLE people_phone_code (                         -- owner: phone_hash; one live code a phone
  phone_hash bytea PRIMARY KEY,
  code_hash  bytea NOT NULL,
  tries_left smallint NOT NULL CHECK (tries_left >= 0),
  sent_at    timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  sent_today smallint NOT NULL DEFAULT 1,                -- codes sent since counted_from: bounds guesses and bills
  counted_from timestamptz NOT NULL
);

CREATE TABLE sandbox_message (                           -- demo and tests only: what the sandbox's phones received
  id         bigint PRIMARY KEY,
  phone_hash bytea NOT NULL,
  sealed     bytea NOT NULL,                             -- {"phone", "words"}, bound to this row
  sent_at    timestamptz NOT NULL
);
CREATE INDEX sandbox_message_phone ON sandbox_message (phone_hash, id DESC);

CREATE TABLE people_sign_in (                            -- owner: person_id
  token_hash bytea PRIMARY KEY,
  person_id  bigint NOT NULL REFERENCES people_person,
  kind       text NOT NULL CHECK (kind IN ('cookie', 'bearer')),
  made_at    timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX people_sign_in_person ON people_sign_in (person_id);

CREATE TABLE people_friend (                             -- owner: person_id; two rows a friendship
  person_id  bigint NOT NULL REFERENCES people_person,
  friend_id  bigint NOT NULL REFERENCES people_person,
  state      text NOT NULL CHECK (state IN ('asked', 'asked_me', 'friends')),
  since      timestamptz NOT NULL,
  PRIMARY KEY (person_id, friend_id),
  CHECK (person_id <> friend_id)
);

CREATE TABLE people_block (                              -- owner: person_id
  person_id  bigint NOT NULL REFERENCES people_person,
  blocked_id bigint NOT NULL REFERENCES people_person,
  made_at    timestamptz NOT NULL,
  PRIMARY KEY (person_id, blocked_id),
  CHECK (person_id <> blocked_id)
);

CREATE TABLE people_group (                              -- owner: id
  id         bigint PRIMARY KEY,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  made_by    bigint NOT NULL REFERENCES people_person,
  made_at    timestamptz NOT NULL
);
CREATE TABLE people_member (                             -- owner: group_id
  group_id   bigint NOT NULL REFERENCES people_group,
  person_id  bigint NOT NULL REFERENCES people_person,
  joined_at  timestamptz NOT NULL,
  PRIMARY KEY (group_id, person_id)
);
CREATE INDEX people_member_person ON people_member (person_id);

CREATE TABLE people_address (                            -- owner: person_id
  id         bigint PRIMARY KEY,
  person_id  bigint NOT NULL REFERENCES people_person,
  region_code bigint NOT NULL REFERENCES people_region,
  sealed     bytea NOT NULL,                             -- {"name", "phone", "detail"}, bound to this row
  is_default boolean NOT NULL DEFAULT false,
  made_at    timestamptz NOT NULL,
  removed_at timestamptz
);
CREATE INDEX people_address_person ON people_address (person_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX people_address_one_default ON people_address (person_id) WHERE is_default AND removed_at IS NULL;

CREATE TABLE people_address_read (                       -- P1: every reading of somebody else's address, append-only
  id         bigint PRIMARY KEY,
  reader_id  bigint NOT NULL,
  order_id   bigint NOT NULL,
  why        text NOT NULL,
  read_at    timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people_address_read
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE people_shop (                               -- owner: id
  id         bigint PRIMARY KEY,
  name_zh    text NOT NULL,
  name_en    text NOT NULL DEFAULT '',
  brief_zh   text NOT NULL DEFAULT '',
  brief_en   text NOT NULL DEFAULT '',
  logo       text NOT NULL DEFAULT '',
  gifts_allowed boolean NOT NULL DEFAULT true,           -- a merchant can opt out of gifts
  opened_at  timestamptz NOT NULL
);
CREATE TABLE people_staff (                              -- owner: shop_id (0 is the platform)
  shop_id    bigint NOT NULL,
  person_id  bigint NOT NULL REFERENCES people_person,
  role       text NOT NULL CHECK (role IN ('owner', 'clerk', 'operator')),
  made_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, person_id),
  CHECK ((shop_id = 0) = (role = 'operator'))
);
CREATE INDEX people_staff_person ON people_staff (person_id);

-- books: catalog -----------------------------------------------------------------------------------------------
CREATE TABLE catalog_category (                          -- shared by all shops
  id         bigint PRIMARY KEY,
  parent_id  bigint REFERENCES catalog_category,
  source     text NOT NULL DEFAULT '',                   -- where it was imported from, with its id there
  source_id  text NOT NULL DEFAULT '',
  name_zh    text NOT NULL,
  name_en    text NOT NULL DEFAULT '',
  picture    text NOT NULL DEFAULT '',
  place      int NOT NULL DEFAULT 0,
  path       bigint[] NOT NULL,                          -- its ancestors and itself, root first; kept by the room
  products_on_sale int NOT NULL DEFAULT 0 CHECK (products_on_sale >= 0),  -- of this very category, kept by count_on_sale
  gift_forbidden text CHECK (gift_forbidden IN ('jewellery', 'education')),
  CONSTRAINT path_ends_here CHECK (path[cardinality(path)] = id AND cardinality(path) BETWEEN 1 AND 6)
);
CREATE INDEX catalog_category_path ON catalog_category USING gin (path);
CREATE UNIQUE INDEX catalog_category_source ON catalog_category (source, source_id) WHERE source <> '';

CREATE TABLE catalog_brand (
  id         bigint PRIMARY KEY,
  source     text NOT NULL DEFAULT '',
  source_id  text NOT NULL DEFAULT '',
  name_zh    text NOT NULL,
  name_en    text NOT NULL DEFAULT '',
  story      text NOT NULL DEFAULT '',
  picture    text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX catalog_brand_source ON catalog_brand (source, source_id) WHERE source <> '';

CREATE TABLE catalog_product (                           -- SPU. owner: shop_id
  id          bigint PRIMARY KEY,
  shop_id     bigint NOT NULL REFERENCES people_shop,
  category_id bigint NOT NULL REFERENCES catalog_category,
  brand_id    bigint REFERENCES catalog_brand,
  source      text NOT NULL DEFAULT '',
  source_id   text NOT NULL DEFAULT '',
  title_zh    text NOT NULL CHECK (length(title_zh) BETWEEN 1 AND 120),
  title_en    text NOT NULL DEFAULT '' CHECK (length(title_en) <= 200),
  brief_zh    text NOT NULL DEFAULT '',
  brief_en    text NOT NULL DEFAULT '',
  detail_zh   text NOT NULL DEFAULT '',                  -- sanitised HTML
  detail_en   text NOT NULL DEFAULT '',
  unit        text NOT NULL DEFAULT '',
  pictures    text[] NOT NULL DEFAULT '{}',              -- keys of /media, or addresses of the source; the first is the cover
  attributes  jsonb NOT NULL DEFAULT '[]',               -- [["材质", "100%棉"], ...]
  spec_names  text[] NOT NULL DEFAULT '{}',              -- ["规格", "颜色"]: the order of a SKU's specs
  on_sale     boolean NOT NULL DEFAULT true,
  giftable    boolean NOT NULL DEFAULT true,             -- the merchant's switch; the platform's rules come on top
  price_min   bigint NOT NULL DEFAULT 0,                 -- of its SKUs on sale, kept by the room
  price_max   bigint NOT NULL DEFAULT 0,
  currency    char(3) NOT NULL DEFAULT 'CNY',
  words       tsvector NOT NULL DEFAULT '',              -- search tokens
  popularity  bigint NOT NULL DEFAULT 0,
  made_at     timestamptz NOT NULL,
  changed_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX catalog_product_source ON catalog_product (shop_id, source, source_id) WHERE source <> '';
CREATE INDEX catalog_product_words ON catalog_product USING gin (words) WITH (fastupdate = off);
CREATE INDEX catalog_product_home ON catalog_product (popularity DESC, id DESC) WHERE on_sale;
CREATE INDEX catalog_product_category ON catalog_product (category_id, popularity DESC, id DESC) WHERE on_sale;
CREATE INDEX catalog_product_shop ON catalog_product (shop_id, id DESC);

-- A list's total is read, not counted: each category knows how many products it has on sale. One statement locks
-- its categories in id order, so two imports cannot wait for each other.
CREATE FUNCTION catalog_count(p_categories bigint[], p_by int[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM catalog_category WHERE id = ANY (p_categories) ORDER BY id FOR NO KEY UPDATE;
  UPDATE catalog_category c SET products_on_sale = c.products_on_sale + t.by
    FROM (SELECT id, sum(n)::int AS by FROM unnest(p_categories, p_by) AS u(id, n) GROUP BY id) t
   WHERE c.id = t.id AND t.by <> 0;
END $$;
CREATE FUNCTION catalog_count_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_count(array_agg(category_id), array_agg(1)) FROM new_rows WHERE on_sale;
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_count(array_agg(m.id), array_agg(m.n)) FROM (
    SELECT o.category_id AS id, -1 AS n FROM old_rows o JOIN new_rows r USING (id)
     WHERE o.on_sale AND (o.on_sale, o.category_id) <> (r.on_sale, r.category_id)
    UNION ALL
    SELECT r.category_id, 1 FROM old_rows o JOIN new_rows r USING (id)
     WHERE r.on_sale AND (o.on_sale, o.category_id) <> (r.on_sale, r.category_id)) m;
  RETURN NULL;
END $$;
CREATE TRIGGER count_new AFTER INSERT ON catalog_product REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_count_new();
CREATE TRIGGER count_moved AFTER UPDATE ON catalog_product REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_count_moved();

-- How well a product answers a search, larger is better: nearness of the words (title before brand, category, brief),
-- raised by popularity. The one place that ranks.
CREATE FUNCTION catalog_score(p_words tsvector, p_query tsquery, p_popularity bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (1000000 * ts_rank_cd(p_words, p_query) * (1 + ln(1 + p_popularity) / 10))::bigint;

CREATE TABLE catalog_sku (                               -- owner: product_id
  id          bigint PRIMARY KEY,
  product_id  bigint NOT NULL REFERENCES catalog_product,
  source_id   text NOT NULL DEFAULT '',
  specs       text[] NOT NULL DEFAULT '{}',              -- as long as the product's spec_names
  price       bigint NOT NULL CHECK (price > 0 AND price <= 9007199254740991),
  original_price bigint NOT NULL CHECK (original_price >= price),
  picture     text NOT NULL DEFAULT '',
  on_sale     boolean NOT NULL DEFAULT true,
  place       int NOT NULL DEFAULT 0
);
CREATE INDEX catalog_sku_product ON catalog_sku (product_id, place, id);
CREATE UNIQUE INDEX catalog_sku_source ON catalog_sku (product_id, source_id) WHERE source_id <> '';

CREATE TABLE catalog_review (                            -- owner: product_id
  id          bigint PRIMARY KEY,
  product_id  bigint NOT NULL REFERENCES catalog_product,
  person_id   bigint,
  source_id   text NOT NULL DEFAULT '',
  author      text NOT NULL,
  stars       smallint CHECK (stars BETWEEN 1 AND 5),
  body        text NOT NULL,
  pictures    text[] NOT NULL DEFAULT '{}',
  reply       text NOT NULL DEFAULT '',
  made_at     timestamptz NOT NULL
);
CREATE INDEX catalog_review_product ON catalog_review (product_id, id DESC);
CREATE UNIQUE INDEX catalog_review_source ON catalog_review (product_id, source_id) WHERE source_id <> '';

-- books: stock -------------------------------------------------------------------------------------------------
CREATE TABLE stock_item (                                -- owner: sku_id
  sku_id   bigint PRIMARY KEY REFERENCES catalog_sku,
  on_hand  bigint NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
  held     bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
  CONSTRAINT no_oversell CHECK (on_hand - held >= 0)
) WITH (fillfactor = 50);

CREATE TABLE stock_movement (                            -- owner: sku_id; append-only
  id         bigint PRIMARY KEY,
  sku_id     bigint NOT NULL REFERENCES stock_item,
  quantity   bigint NOT NULL CHECK (quantity <> 0),      -- plus received or returned, minus shipped or written off
  reason     text NOT NULL CHECK (reason IN ('received', 'shipped', 'written_off', 'returned')),
  cause_kind text NOT NULL,
  cause_id   bigint NOT NULL,
  actor_id   bigint NOT NULL,
  made_at    timestamptz NOT NULL
);
CREATE INDEX stock_movement_sku ON stock_movement (sku_id, id);
CREATE INDEX stock_movement_cause ON stock_movement (cause_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movement
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE stock_hold (                                -- owner: sku_id; a hold is for one line of one order
  id         bigint PRIMARY KEY,
  sku_id     bigint NOT NULL REFERENCES stock_item,
  order_id   bigint NOT NULL,
  quantity   bigint NOT NULL CHECK (quantity > 0),
  state      text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'taken', 'released')),
  made_at    timestamptz NOT NULL,
  ended_at   timestamptz,
  CHECK ((state = 'live') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX stock_hold_live ON stock_hold (order_id, sku_id) WHERE state = 'live';
CREATE INDEX stock_hold_sku ON stock_hold (sku_id) WHERE state = 'live';

-- Hold stock for asks (flat lines; p_ask says which ask, 1-based). An ask is held whole or not at all, judged in the
-- order of the batch. Items are locked in id order (S6). Answers one row an ask: a sku that ran out, or NULL.
-- Each turn finds the first ask that fails; those before it are held, and with it go all later ones that want more
-- than those leave. So a crowd at the last piece takes two turns, however large it is.
CREATE FUNCTION stock_hold_lines(
  p_ids bigint[], p_ask int[], p_orders bigint[], p_skus bigint[], p_quantities bigint[], p_now timestamptz)
RETURNS TABLE (ask int, ran_out bigint) LANGUAGE plpgsql AS $$
DECLARE v_out int[] := '{}'; v_skus bigint[] := '{}'; v_first int; v_fail int[]; v_fail_skus bigint[];
BEGIN
  PERFORM 1 FROM stock_item WHERE sku_id = ANY (p_skus) ORDER BY sku_id FOR NO KEY UPDATE;
  LOOP
    SELECT min(x.a) INTO v_first FROM (
      SELECT s.a, coalesce(i.on_hand - i.held, 0) - sum(s.quantity) OVER (PARTITION BY s.sku ORDER BY s.a) AS free
        FROM (SELECT t.a, t.sku, sum(t.quantity) AS quantity FROM unnest(p_ask, p_skus, p_quantities) AS t(a, sku, quantity)
               WHERE t.a <> ALL (v_out) GROUP BY t.a, t.sku) s
        LEFT JOIN stock_item i ON i.sku_id = s.sku) x
     WHERE x.free < 0;
    EXIT WHEN v_first IS NULL;
    SELECT array_agg(f.a), array_agg(f.sku) INTO v_fail, v_fail_skus FROM (
      SELECT DISTINCT ON (s.a) s.a, s.sku
        FROM (SELECT t.a, t.sku, sum(t.quantity) AS quantity FROM unnest(p_ask, p_skus, p_quantities) AS t(a, sku, quantity)
               WHERE t.a >= v_first AND t.a <> ALL (v_out) GROUP BY t.a, t.sku) s
        LEFT JOIN stock_item i ON i.sku_id = s.sku
        LEFT JOIN (SELECT t.sku, sum(t.quantity) AS quantity FROM unnest(p_ask, p_skus, p_quantities) AS t(a, sku, quantity)
                    WHERE t.a < v_first AND t.a <> ALL (v_out) GROUP BY t.sku) before ON before.sku = s.sku
       WHERE s.quantity > coalesce(i.on_hand - i.held, 0) - coalesce(before.quantity, 0)
       ORDER BY s.a, s.sku) f;
    v_out := v_out || v_fail; v_skus := v_skus || v_fail_skus;
  END LOOP;
  INSERT INTO stock_hold (id, sku_id, order_id, quantity, made_at)
    SELECT t.i, t.sku, t.ord, t.quantity, p_now FROM unnest(p_ids, p_ask, p_orders, p_skus, p_quantities) AS t(i, a, ord, sku, quantity)
     WHERE t.a <> ALL (v_out);
  UPDATE stock_item i SET held = i.held + s.quantity
    FROM (SELECT t.sku, sum(t.quantity) AS quantity FROM unnest(p_ask, p_skus, p_quantities) AS t(a, sku, quantity)
           WHERE t.a <> ALL (v_out) GROUP BY t.sku) s
   WHERE i.sku_id = s.sku;
  RETURN QUERY SELECT a, v_skus[array_position(v_out, a)] FROM (SELECT DISTINCT unnest(p_ask) AS a) t;
END $$;

-- trade: orders ------------------------------------------------------------------------------------------------
CREATE TABLE order_order (                               -- owner: payer_id. State numbers are WeChat Shop's
  id         bigint PRIMARY KEY,
  shop_id    bigint NOT NULL REFERENCES people_shop,
  payer_id   bigint NOT NULL REFERENCES people_person,
  owner_id   bigint REFERENCES people_person,            -- who gets the goods: the payer, or a gift's recipient once claimed
  purpose    text NOT NULL CHECK (purpose IN ('self', 'gift')),
  state      smallint NOT NULL CHECK (state IN (10, 12, 20, 21, 30, 100, 200, 250)),
  why_closed text NOT NULL DEFAULT '',
  currency   char(3) NOT NULL,
  goods_amount   bigint NOT NULL CHECK (goods_amount > 0),
  freight_amount bigint NOT NULL CHECK (freight_amount >= 0),
  total_amount   bigint NOT NULL CHECK (total_amount = goods_amount + freight_amount),
  refunded_amount bigint NOT NULL DEFAULT 0 CHECK (refunded_amount BETWEEN 0 AND total_amount),
  fee_ppm    int NOT NULL CHECK (fee_ppm BETWEEN 0 AND 1000000),
  note       text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
  region_code bigint,
  address_sealed bytea,                                  -- {"name", "phone", "region", "detail"}, bound to this row
  placed_at  timestamptz NOT NULL,
  pay_by     timestamptz NOT NULL,
  paid_at    timestamptz,
  ship_from  timestamptz,                                -- when the shop's clock starts: payment, or a gift's claim
  received_at timestamptz,
  settled_at timestamptz,
  closed_at  timestamptz
);
CREATE INDEX order_order_payer ON order_order (payer_id, id DESC);
CREATE INDEX order_order_owner ON order_order (owner_id, id DESC);
CREATE INDEX order_order_shop ON order_order (shop_id, state, id DESC);
CREATE INDEX order_order_shop_paid ON order_order (shop_id, paid_at) WHERE paid_at IS NOT NULL;
CREATE INDEX order_order_paid ON order_order (paid_at) WHERE paid_at IS NOT NULL;

CREATE FUNCTION order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- the table of the room's model
  IF (OLD.state, NEW.state) NOT IN
       ((10, 12), (10, 20), (10, 250), (12, 20), (12, 250), (20, 21), (20, 30), (20, 200), (21, 30), (21, 200),
        (30, 100), (30, 200), (100, 200)) THEN
    RAISE EXCEPTION 'order % does not move from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE OF state ON order_order
  FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION order_moves();

CREATE TABLE order_line (                                -- owner: order_id; a snapshot of what was bought
  order_id   bigint NOT NULL REFERENCES order_order,
  n          smallint NOT NULL,
  product_id bigint NOT NULL,
  sku_id     bigint NOT NULL,
  title_zh   text NOT NULL,
  title_en   text NOT NULL,
  specs      text[] NOT NULL,
  picture    text NOT NULL,
  quantity   int NOT NULL CHECK (quantity BETWEEN 1 AND 999),
  unit_price bigint NOT NULL CHECK (unit_price > 0),
  amount     bigint NOT NULL CHECK (amount = unit_price * quantity),
  shipped    int NOT NULL DEFAULT 0 CHECK (shipped BETWEEN 0 AND quantity),
  refunded   int NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND quantity),
  cancelled  int NOT NULL DEFAULT 0 CHECK (cancelled BETWEEN 0 AND refunded),   -- refunded before they were shipped
  PRIMARY KEY (order_id, n),
  CHECK (shipped + cancelled <= quantity)
);

-- trade: payments ----------------------------------------------------------------------------------------------
CREATE TABLE payment_intent (                            -- owner: payer_id; one an order
  id         bigint PRIMARY KEY,
  order_id   bigint NOT NULL UNIQUE REFERENCES order_order,
  payer_id   bigint NOT NULL,
  channel    text NOT NULL,
  currency   char(3) NOT NULL,
  amount     bigint NOT NULL CHECK (amount > 0),
  state      text NOT NULL CHECK (state IN ('open', 'captured', 'closed')),
  channel_ref text NOT NULL DEFAULT '',
  cashier_url text NOT NULL DEFAULT '',
  captured_amount bigint NOT NULL DEFAULT 0 CHECK (captured_amount IN (0, amount)),
  refunded_amount bigint NOT NULL DEFAULT 0,
  asked_at   timestamptz,                                -- when the channel was first asked; unsure from then on
  sure_at    timestamptz,                                -- when the channel's answer ended the doubt
  made_at    timestamptz NOT NULL,
  captured_at timestamptz,
  CHECK ((state = 'captured') = (captured_amount = amount)),
  CONSTRAINT refunds_within_captures CHECK (refunded_amount BETWEEN 0 AND captured_amount)
);
CREATE UNIQUE INDEX payment_intent_channel_ref ON payment_intent (channel, channel_ref) WHERE channel_ref <> '';
CREATE INDEX payment_intent_unsure ON payment_intent (asked_at) WHERE state = 'open' AND asked_at IS NOT NULL;

CREATE TABLE payment_refund (                            -- owner: intent_id
  id         bigint PRIMARY KEY,
  intent_id  bigint NOT NULL REFERENCES payment_intent,
  amount     bigint NOT NULL CHECK (amount > 0),
  reason     text NOT NULL,
  cause_kind text NOT NULL,
  cause_id   bigint NOT NULL,
  state      text NOT NULL CHECK (state IN ('due', 'sent', 'done')),   -- due: to be asked; sent: asked, not sure yet
  channel_ref text NOT NULL DEFAULT '',
  made_at    timestamptz NOT NULL,
  sent_at    timestamptz,
  done_at    timestamptz,
  UNIQUE (cause_kind, cause_id)                          -- one refund a cause, whoever asks how often
);
CREATE INDEX payment_refund_intent ON payment_refund (intent_id);
CREATE INDEX payment_refund_waiting ON payment_refund (made_at) WHERE state IN ('due', 'sent');

CREATE TABLE payment_callback (                          -- owner: channel; X4: stored before it is acknowledged
  id         bigint PRIMARY KEY,
  channel    text NOT NULL,
  event_id   text NOT NULL,
  kind       text NOT NULL,
  intent_id  bigint,
  body       bytea NOT NULL,
  verdict    text NOT NULL CHECK (verdict IN ('applied', 'repeated', 'quarantined')),
  why        text NOT NULL DEFAULT '',
  received_at timestamptz NOT NULL,
  UNIQUE (channel, event_id)
);
CREATE INDEX payment_callback_quarantine ON payment_callback (received_at) WHERE verdict = 'quarantined';

-- trade: shipping ----------------------------------------------------------------------------------------------
CREATE TABLE shipping_rate (                             -- owner: shop_id; the longest region prefix that fits decides
  shop_id    bigint NOT NULL REFERENCES people_shop,
  region_code bigint NOT NULL,                           -- 0 is everywhere
  fee        bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
  free_from  bigint,                                     -- goods amount from which freight is free
  delivers   boolean NOT NULL DEFAULT true,
  PRIMARY KEY (shop_id, region_code)
);
CREATE TABLE shipping_parcel (                           -- owner: order_id
  id         bigint PRIMARY KEY,
  order_id   bigint NOT NULL REFERENCES order_order,
  shop_id    bigint NOT NULL,
  carrier    text NOT NULL,
  tracking_number text NOT NULL CHECK (tracking_number ~ '^[A-Za-z0-9-]{4,40}$'),
  state      text NOT NULL DEFAULT 'shipped' CHECK (state IN ('shipped', 'in_transit', 'out_for_delivery', 'delivered')),
  shipped_at timestamptz NOT NULL,
  delivered_at timestamptz,
  UNIQUE (carrier, tracking_number)
);
CREATE INDEX shipping_parcel_order ON shipping_parcel (order_id);
CREATE INDEX shipping_parcel_shop ON shipping_parcel (shop_id, id DESC);
CREATE TABLE shipping_parcel_line (
  parcel_id  bigint NOT NULL REFERENCES shipping_parcel,
  line_n     smallint NOT NULL,
  quantity   int NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (parcel_id, line_n)
);
CREATE TABLE shipping_event (                            -- owner: parcel_id
  id         bigint PRIMARY KEY,
  parcel_id  bigint NOT NULL REFERENCES shipping_parcel,
  state      text NOT NULL CHECK (state IN ('shipped', 'in_transit', 'out_for_delivery', 'delivered')),
  place      text NOT NULL DEFAULT '' CHECK (length(place) <= 120),
  happened_at timestamptz NOT NULL,                      -- the carrier's clock: shown, decides nothing
  UNIQUE (parcel_id, state, place, happened_at)          -- the same news twice is one
);
CREATE INDEX shipping_event_parcel ON shipping_event (parcel_id, happened_at, id);

-- trade: aftersales --------------------------------------------------------------------------------------------
CREATE TABLE aftersale_case (                            -- owner: owner_id. State names are WeChat Shop's
  id         bigint PRIMARY KEY,
  order_id   bigint NOT NULL REFERENCES order_order,
  line_n     smallint NOT NULL,
  shop_id    bigint NOT NULL,
  owner_id   bigint NOT NULL,                            -- who opened it: the order's owner (a gift's recipient)
  kind       text NOT NULL CHECK (kind IN ('refund', 'return')),
  state      text NOT NULL CHECK (state IN ('MERCHANT_PROCESSING', 'MERCHANT_REJECT_REFUND', 'MERCHANT_REJECT_RETURN',
             'USER_WAIT_RETURN', 'RETURN_CLOSED', 'MERCHANT_WAIT_RECEIPT', 'PLATFORM_REFUNDING',
             'MERCHANT_REFUND_SUCCESS', 'MERCHANT_RETURN_SUCCESS', 'USER_CANCELD')),
  quantity   int NOT NULL CHECK (quantity > 0),
  amount     bigint NOT NULL CHECK (amount > 0),
  reason     text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
  answer     text NOT NULL DEFAULT '',
  return_carrier text NOT NULL DEFAULT '',
  return_tracking_number text NOT NULL DEFAULT '',
  opened_at  timestamptz NOT NULL,
  changed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX aftersale_case_one_open ON aftersale_case (order_id, line_n)
  WHERE state IN ('MERCHANT_PROCESSING', 'USER_WAIT_RETURN', 'MERCHANT_WAIT_RECEIPT', 'PLATFORM_REFUNDING');
CREATE INDEX aftersale_case_shop ON aftersale_case (shop_id, id DESC);
CREATE INDEX aftersale_case_to_answer ON aftersale_case (shop_id, id)
  WHERE state IN ('MERCHANT_PROCESSING', 'MERCHANT_WAIT_RECEIPT');
CREATE INDEX aftersale_case_order ON aftersale_case (order_id);
CREATE INDEX aftersale_case_owner ON aftersale_case (owner_id, id DESC);

-- social: gifts ------------------------------------------------------------------------------------------------
CREATE TABLE gift_gift (                                 -- owner: giver_id. State numbers are WeChat's (0: not paid yet)
  id         bigint PRIMARY KEY,
  order_id   bigint NOT NULL UNIQUE REFERENCES order_order,
  giver_id   bigint NOT NULL REFERENCES people_person,
  recipient_id bigint REFERENCES people_person,          -- who it is meant for; NULL: whoever holds the link
  shop_id    bigint NOT NULL,
  product_id bigint NOT NULL,
  sku_id     bigint NOT NULL,                            -- as given; the order's line has the one claimed
  unit_price bigint NOT NULL,                            -- the gift-time price: another style must cost exactly this
  currency   char(3) NOT NULL,
  cover      text NOT NULL,
  greeting   text NOT NULL,
  state      smallint NOT NULL CHECK (state IN (0, 10, 20, 180, 181, 250)),
  ended_how  text NOT NULL DEFAULT '' CHECK (ended_how IN ('', 'refused', 'expired', 'withdrawn', 'unpaid', 'undeliverable')),
  refusal    text NOT NULL DEFAULT '',                   -- the kind sentence
  open_for_seconds int NOT NULL CHECK (open_for_seconds BETWEEN 3600 AND 2592000),
  token_hash bytea UNIQUE,                               -- keyed hash; NULL once it is dead (G8)
  token_sealed bytea,                                    -- for the giver's own page, gone with the hash
  made_at    timestamptz NOT NULL,
  claimable_at timestamptz,
  expires_at timestamptz,
  opened_at  timestamptz,
  claimed_at timestamptz,
  claimed_by bigint REFERENCES people_person,
  ended_at   timestamptz,
  refunded_at timestamptz,
  CONSTRAINT claimed_has_claimer CHECK ((state = 20) = (claimed_by IS NOT NULL)),
  CONSTRAINT claimed_by_another CHECK (claimed_by IS NULL OR claimed_by <> giver_id),
  CONSTRAINT claimed_by_the_named CHECK (claimed_by IS NULL OR recipient_id IS NULL OR claimed_by = recipient_id)
);
CREATE INDEX gift_gift_giver ON gift_gift (giver_id, id DESC);
CREATE INDEX gift_gift_recipient ON gift_gift (recipient_id, id DESC) WHERE recipient_id IS NOT NULL;
CREATE INDEX gift_gift_claimed_by ON gift_gift (claimed_by, id DESC) WHERE claimed_by IS NOT NULL;

CREATE FUNCTION gift_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- G2: the table of the room's model; a claimer does not change
  IF (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
        ((0, 10), (0, 250), (10, 20), (10, 180), (10, 250), (180, 181)))
     OR (OLD.claimed_by IS NOT NULL AND NEW.claimed_by IS DISTINCT FROM OLD.claimed_by) THEN
    RAISE EXCEPTION 'gift % does not move from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE OF state, claimed_by ON gift_gift
  FOR EACH ROW EXECUTE FUNCTION gift_moves();

-- social: chats ------------------------------------------------------------------------------------------------
CREATE TABLE chat_thread (                               -- owner: id
  id         bigint PRIMARY KEY,
  kind       text NOT NULL CHECK (kind IN ('direct', 'group')),
  group_id   bigint UNIQUE REFERENCES people_group,
  pair       text UNIQUE,                                -- "smaller:larger" person ids of a direct thread
  made_at    timestamptz NOT NULL,
  last_n     bigint NOT NULL DEFAULT 0,                  -- messages are numbered in their thread, under its lock
  last_at    timestamptz NOT NULL,
  CHECK ((kind = 'direct') = (pair IS NOT NULL)),
  CHECK ((kind = 'group') = (group_id IS NOT NULL))
);
CREATE TABLE chat_member (                               -- owner: person_id
  thread_id  bigint NOT NULL REFERENCES chat_thread,
  person_id  bigint NOT NULL REFERENCES people_person,
  from_n     bigint NOT NULL DEFAULT 0,                  -- sees messages after this one: who comes later starts there
  read_to    bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (thread_id, person_id)
);
CREATE INDEX chat_member_person ON chat_member (person_id);
CREATE TABLE chat_message (                              -- owner: thread_id
  id         bigint PRIMARY KEY,
  thread_id  bigint NOT NULL REFERENCES chat_thread,
  n          bigint NOT NULL CHECK (n > 0),
  author_id  bigint NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('text', 'product', 'gift')),
  body       text NOT NULL DEFAULT '' CHECK (length(body) <= 2000),
  about_id   bigint,                                     -- the product or gift of a card
  made_at    timestamptz NOT NULL,
  UNIQUE (thread_id, n),
  CHECK ((kind = 'text') = (about_id IS NULL))
);

-- social: notices ----------------------------------------------------------------------------------------------
CREATE TABLE notice_notice (                             -- owner: person_id
  id         bigint PRIMARY KEY,
  person_id  bigint NOT NULL REFERENCES people_person,
  kind       text NOT NULL,                              -- words: notice.<kind>.title and .body in the catalogue
  facts      jsonb NOT NULL,                             -- what fills the words; nothing the reader may not see
  link       text NOT NULL,
  fact_id    bigint NOT NULL,
  made_at    timestamptz NOT NULL,
  read_at    timestamptz,
  UNIQUE (person_id, fact_id, kind)                      -- N2: once a person and fact
);
CREATE INDEX notice_notice_person ON notice_notice (person_id, id DESC);
CREATE INDEX notice_notice_unread ON notice_notice (person_id) WHERE read_at IS NULL;
