-- Campaigns: one text to many people (decisions 63-77).
--
-- Who gets it is decided once, when `/send` is called: a row for each recipient, with what it will cost. The units of all of them
-- leave the balance in that transaction (ledger, 'reserve'); what is not used comes back at the end ('release').

CREATE TABLE campaign (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    team_id integer NOT NULL REFERENCES team (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    message text,                            -- as it was written; NULL: removed, its days are over
    text text,                               -- from /send on, what all get who have no text of their own
    sender_id integer NOT NULL REFERENCES sender (id),
    group_uuids uuid[] NOT NULL DEFAULT '{}',
    exclude_group_uuids uuid[] NOT NULL DEFAULT '{}',  -- who is in these is left out
    audience_id integer,                     -- a file of people instead of groups
    phase text NOT NULL DEFAULT 'draft' CHECK (phase IN ('draft', 'scheduled', 'sending', 'paused', 'completed', 'cancelled')),
    scheduled_at timestamptz,                -- not before
    options jsonb NOT NULL DEFAULT '{}',     -- campaigns/model.py: Options
    -- what it would have cost when it was made or changed
    estimated_recipients integer NOT NULL DEFAULT 0,
    estimated_units bigint NOT NULL DEFAULT 0,
    -- from /send on: the snapshot, and how far it is queued
    rows integer NOT NULL DEFAULT 0,         -- of campaign_recipient, those that are left out as well
    recipients integer NOT NULL DEFAULT 0,   -- … without those
    position integer NOT NULL DEFAULT 0,     -- the last row that is dealt with
    queued integer NOT NULL DEFAULT 0,       -- messages that were made
    skipped integer NOT NULL DEFAULT 0,      -- rows that were left out, at /send or since
    reserve_id bigint,                       -- of the ledger
    reserved_units bigint NOT NULL DEFAULT 0,
    captured_units bigint NOT NULL DEFAULT 0,  -- of messages that were made
    released_units bigint NOT NULL DEFAULT 0,  -- given back at the end
    paused_by text,                          -- while it is paused: team, failures, complaints, sender, suspended
    paused_reason text,
    braked_sums jsonb,                       -- what had happened when a brake stopped it last, which counts no more (campaigns/brakes.py)
    -- a series makes campaigns: at times (options.repeat), or of who joins its groups (options.trigger)
    series_id integer,                       -- the series that made this one
    next_at timestamptz,                     -- of a series that is armed: when it makes the next one; of that one: when it is sent
    made integer NOT NULL DEFAULT 0,         -- campaigns that a series has made
    looked_upto timestamptz,                 -- of a series by trigger: who joined until then has been seen
    joined_from timestamptz,                 -- of one that such a series made: who joined from then …
    joined_to timestamptz,                   -- … until before then
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    armed_at timestamptz,                    -- when /send was called
    started_at timestamptz,
    finished_at timestamptz,
    recalled_at timestamptz                  -- of one that is completed: when what waited for carriers was taken back
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX campaign_of_team ON campaign (team_id, id);
CREATE INDEX campaign_of_series ON campaign (series_id, id) WHERE series_id IS NOT NULL;
CREATE INDEX campaign_due ON campaign (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX campaign_active ON campaign (id) WHERE phase IN ('scheduled', 'sending', 'paused');
CREATE INDEX campaign_finished ON campaign (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX campaign_held ON campaign (id) WHERE paused_by IS NOT NULL;

-- Without a foreign key, as what is written in batches; `mobilesasa audit` looks for strays.
CREATE TABLE campaign_recipient (
    campaign_id integer NOT NULL,
    n integer NOT NULL,                      -- from 1
    phone text NOT NULL,                     -- E.164 without the plus
    units integer NOT NULL,                  -- reserved for it; 0 where it is left out
    parts smallint NOT NULL,
    text text,                               -- its own; NULL: that of all, or removed
    skipped text,                            -- why it is left out, a code; NULL: it is not
    message_id uuid,                         -- NULL: not yet, or left out
    code text,                               -- in its short links
    PRIMARY KEY (campaign_id, n)
) WITH (fillfactor = 75);
CREATE UNIQUE INDEX campaign_recipient_once ON campaign_recipient (campaign_id, phone);
CREATE UNIQUE INDEX campaign_recipient_of_code ON campaign_recipient (code) WHERE code IS NOT NULL;

-- Links of a text that are followed by way of us.
CREATE TABLE campaign_link (
    campaign_id integer NOT NULL REFERENCES campaign (id) ON DELETE CASCADE,
    n smallint NOT NULL,                     -- from 1, in the order of the text
    url text NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (campaign_id, n)
);
CREATE TABLE campaign_click (
    campaign_id integer NOT NULL REFERENCES campaign (id) ON DELETE CASCADE,
    recipient_n integer NOT NULL,
    link_n smallint NOT NULL,
    clicks integer NOT NULL DEFAULT 1,       -- by people, as far as can be told
    previews integer NOT NULL DEFAULT 0,     -- by programs that look at links before people do
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (campaign_id, recipient_n, link_n)
) WITH (fillfactor = 80);

-- A file of people whose columns are the fields of a text.
CREATE TABLE audience (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    team_id integer NOT NULL REFERENCES team (id),
    job_id bigint UNIQUE REFERENCES job (id) ON DELETE SET NULL,
    file_id bigint REFERENCES file (id) ON DELETE SET NULL,
    filename text NOT NULL,
    settings jsonb NOT NULL,                 -- how it is read
    fields text[] NOT NULL,                  -- that a text can name
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
    failure text,
    total_rows integer NOT NULL DEFAULT 0,
    done_row integer NOT NULL DEFAULT 0,     -- the last row of the file that is dealt with
    people integer NOT NULL DEFAULT 0,
    doubles integer NOT NULL DEFAULT 0,      -- rows whose phone an earlier one had
    failed integer NOT NULL DEFAULT 0,       -- rows that could not be taken
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX audience_of_team ON audience (team_id, id);
CREATE TABLE audience_row (
    audience_id integer NOT NULL,
    n integer NOT NULL,                      -- of the file, from 1
    phone text NOT NULL,
    fields jsonb NOT NULL,
    PRIMARY KEY (audience_id, n)
);
CREATE UNIQUE INDEX audience_row_once ON audience_row (audience_id, phone);
CREATE TABLE audience_error (
    audience_id integer NOT NULL REFERENCES audience (id) ON DELETE CASCADE,
    row integer NOT NULL,
    wrong jsonb NOT NULL,                    -- [{column, value, message}, …]
    cells jsonb NOT NULL,
    PRIMARY KEY (audience_id, row)
);

-- Of which campaign a message is that waits, and until when it may leave (rule packs: quiet hours).
ALTER TABLE pending ADD COLUMN campaign_id integer, ADD COLUMN closes_at timestamptz;
CREATE INDEX pending_of_campaign ON pending (campaign_id, carrier_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX pending_closing ON pending (closes_at) WHERE closes_at IS NOT NULL;

ALTER TABLE ledger ADD COLUMN campaign_uuid uuid;
ALTER TABLE ledger DROP CONSTRAINT ledger_kind_check, DROP CONSTRAINT ledger_check;
ALTER TABLE ledger ADD CONSTRAINT ledger_kind_check
    CHECK (kind IN ('topup', 'charge', 'refund', 'adjustment', 'reserve', 'release'));
ALTER TABLE ledger ADD CONSTRAINT ledger_check CHECK (
    (kind IN ('charge', 'reserve') AND units < 0) OR (kind IN ('topup', 'refund', 'release') AND units > 0) OR kind = 'adjustment');
CREATE INDEX ledger_of_campaign ON ledger (campaign_uuid, id) INCLUDE (kind, units) WHERE campaign_uuid IS NOT NULL;

-- Who joined a group lately, for series that greet them.
CREATE INDEX group_member_by_time ON group_member (group_id, added_at);

-- Who has wanted no more messages lately, for the brakes of campaigns.
CREATE INDEX suppression_by_time ON suppression (team_id, at) WHERE reason IN ('stop', 'blacklisted');

-- When to look (again) for messages that wait for somebody who wants no more; NULL: it has been done.
ALTER TABLE suppression ADD COLUMN look_at timestamptz;
ALTER TABLE suppression ALTER COLUMN look_at SET DEFAULT now();
CREATE INDEX suppression_to_look ON suppression (look_at) WHERE look_at IS NOT NULL;

-- Exports: the recipients of a campaign.
ALTER TABLE export DROP CONSTRAINT export_kind_check;
ALTER TABLE export ADD CONSTRAINT export_kind_check
    CHECK (kind IN ('messages', 'contacts', 'inbound', 'ledger', 'report', 'recipients'));
