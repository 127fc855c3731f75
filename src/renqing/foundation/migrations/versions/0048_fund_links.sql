-- A fund's link: whoever has it may join those who are asked, while it lives.

-- social: funds ------------------------------------------------------------------------------------------------
CREATE TABLE fund_link (                                 -- owner: fund_id; gone when it is switched off
  fund_id      bigint PRIMARY KEY REFERENCES fund_fund,
  token_hash   bytea NOT NULL UNIQUE,                    -- keyed: the database holds no token
  token_sealed bytea NOT NULL,                           -- for the starter's own page
  made_at      timestamptz NOT NULL
);
