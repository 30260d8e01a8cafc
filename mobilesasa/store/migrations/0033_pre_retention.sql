-- Messages are removed by whole months (the setting messages.keep_months), and what stays of them are sums.
--
-- A month leaves `message` in one short transaction: its partition is detached, and is a child of `message_leaving` until all
-- that hangs on it has been removed. Then its sums are added to `message_gone` and its table is dropped, in one transaction too.
-- So at every moment a message is in exactly one of the three.

-- Months of which something has been removed.
CREATE TABLE message_month (
    month date PRIMARY KEY,                  -- its first day, UTC
    left_at timestamptz,                     -- from then on its messages are found no more; NULL: they are there
    gone_at timestamptz,                     -- when they had been removed
    messages bigint NOT NULL DEFAULT 0,      -- that were
    octets bigint NOT NULL DEFAULT 0,        -- that they took, with their indexes
    inbound bigint NOT NULL DEFAULT 0,       -- messages from phones that were removed
    inbound_told bigint NOT NULL DEFAULT 0   -- … as far as the trail says so
);

-- What the ledger is checked against when messages are gone.
CREATE TABLE message_gone (
    team_id integer NOT NULL,
    month date NOT NULL,
    charge_id bigint NOT NULL,               -- what a campaign reserved, or an entry from after the month; 0: all other entries
    messages bigint NOT NULL,
    units bigint NOT NULL,                   -- that they cost
    refunded_units bigint NOT NULL,          -- … and that came back
    PRIMARY KEY (team_id, month, charge_id)
);

-- The parent of a month that leaves; it has no rows of its own.
CREATE TABLE message_leaving (
    id uuid NOT NULL,
    team_id integer NOT NULL,
    charge_id bigint NOT NULL,
    price_units integer NOT NULL
);

-- Let a month leave.
CREATE FUNCTION take_message_month_away(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'message_' || to_char(month, 'YYYY_MM');
BEGIN
    EXECUTE format('ALTER TABLE message DETACH PARTITION %I', name);
    EXECUTE format('ALTER TABLE %I INHERIT message_leaving', name);
END $$;

-- Remove one that has left.
CREATE FUNCTION drop_message_month(month date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TABLE %I', 'message_' || to_char(month, 'YYYY_MM'));
END $$;

-- What became of a recipient's message, when that is gone.
ALTER TABLE campaign_recipient ADD COLUMN ended_state smallint;

-- Clicks of recipients who are known no more, added up.
ALTER TABLE campaign_link
    ADD COLUMN past_recipients integer NOT NULL DEFAULT 0,
    ADD COLUMN past_clicks bigint NOT NULL DEFAULT 0,
    ADD COLUMN past_previews bigint NOT NULL DEFAULT 0;
ALTER TABLE campaign ADD COLUMN past_clickers integer NOT NULL DEFAULT 0;
