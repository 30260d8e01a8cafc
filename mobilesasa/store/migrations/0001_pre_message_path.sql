-- The way of a message: who may send, what was accepted and charged, what waits for a carrier, for a receipt, for a team.
--
-- Hot tables (message, pending, awaiting, spool, parked_report) have no foreign keys: their rows are written in batches by
-- one statement, from ids which the same node has just checked, and `mobilesasa audit` looks for strays.
-- Nothing that changes is indexed there, so that updates stay within their page (HOT).

CREATE TABLE team (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    code text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9]{1,15}$'),
    name text NOT NULL,
    country text NOT NULL DEFAULT 'KE' CHECK (country ~ '^[A-Z]{2}$'),
    balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0),
    default_sender_id integer,
    max_sessions integer CHECK (max_sessions >= 0),
    session_tps integer CHECK (session_tps >= 0),
    suspended_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE sender (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    team_id integer NOT NULL REFERENCES team (id),
    name text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'rejected', 'suspended')),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, name)
);
ALTER TABLE team ADD FOREIGN KEY (default_sender_id) REFERENCES sender (id);

CREATE TABLE token (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    team_id integer NOT NULL REFERENCES team (id),
    name text NOT NULL,
    digest bytea NOT NULL UNIQUE,
    prefix text NOT NULL,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE carrier (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    kind text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    options jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE route (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prefix text NOT NULL CHECK (prefix ~ '^[0-9]{0,15}$'),
    carrier_id integer NOT NULL REFERENCES carrier (id),
    priority integer NOT NULL DEFAULT 100,
    UNIQUE (prefix, carrier_id)
);

CREATE TABLE price (
    prefix text PRIMARY KEY CHECK (prefix ~ '^[0-9]{0,15}$'),
    units integer NOT NULL CHECK (units > 0)
);

-- A process that takes messages: what it has claimed is free again when it is known to be dead.
CREATE TABLE node_run (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);

-- Units: the sum of a team's entries is its balance (I4). A charge covers what one commit accepted for the team;
-- each message names the entry that paid for it. Entries are never changed.
CREATE TABLE ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id integer NOT NULL REFERENCES team (id),
    kind text NOT NULL CHECK (kind IN ('topup', 'charge', 'refund', 'adjustment')),
    units bigint NOT NULL CHECK ((kind = 'charge' AND units < 0) OR (kind IN ('topup', 'refund') AND units > 0) OR kind = 'adjustment'),
    messages integer NOT NULL DEFAULT 0,
    message_id uuid,
    note text,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_of_team ON ledger (team_id, id);
CREATE UNIQUE INDEX ledger_refunds_once ON ledger (message_id) WHERE kind = 'refund';

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only';
END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Messages, by the month in their id (UUIDv7). States: 10 queued, 20 sent, 30 delivered, 40 failed.
CREATE TABLE message (
    id uuid NOT NULL PRIMARY KEY,
    team_id integer NOT NULL,
    charge_id bigint NOT NULL,
    carrier_id integer NOT NULL,
    price_units integer NOT NULL,
    state smallint NOT NULL DEFAULT 10,
    lane smallint NOT NULL,
    origin smallint NOT NULL,
    wish smallint NOT NULL,
    coding smallint NOT NULL,
    parts smallint NOT NULL,
    open_parts smallint NOT NULL,            -- parts without a final receipt
    failed_parts smallint NOT NULL DEFAULT 0, -- parts whose final receipt is a failure
    attempts smallint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    due_at timestamptz,
    sent_at timestamptz,
    done_at timestamptz,
    sender text NOT NULL,
    recipient text NOT NULL,
    text text,
    body bytea,
    udh bytea,
    refs text,                               -- the carrier's ids of the parts, a blank between them
    failure text,
    reason text,
    error text,                              -- the carrier's own code
    resent_from uuid,
    options jsonb
) PARTITION BY RANGE (id);
CREATE INDEX message_of_team ON message (team_id, id);
CREATE INDEX message_to_recipient ON message (team_id, recipient, id);
CREATE INDEX message_resent ON message (resent_from) WHERE resent_from IS NOT NULL;
CREATE TABLE message_other PARTITION OF message DEFAULT WITH (fillfactor = 45);

-- The first UUIDv7 of an instant: what a range of the message table begins with.
CREATE FUNCTION first_id_at(at timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Make the partition of each month from the one of `since` on, `months` of them. Returns how many were made.
CREATE FUNCTION make_message_partitions(since timestamptz, months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := date_trunc('month', since AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    made integer := 0;
    following timestamptz;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_message_partitions'));
    FOR n IN 1..months LOOP
        following := ((start AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
        name := 'message_' || to_char(start AT TIME ZONE 'UTC', 'YYYY_MM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF message FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 45, '
                           'autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05)',
                           name, first_id_at(start), first_id_at(following));
            made := made + 1;
        END IF;
        start := following;
    END LOOP;
    RETURN made;
END $$;

-- What happened to a message beside accepted, sent and done, which its row tells: the refusals and delays.
CREATE TABLE message_event (
    message_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    attempt smallint NOT NULL,
    carrier_id integer,
    kind text NOT NULL,
    code text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT ''
);
CREATE INDEX message_event_of_message ON message_event (message_id, at);

-- Waits for a carrier: one row an unfinished message, however many are stored.
CREATE TABLE pending (
    message_id uuid PRIMARY KEY,
    team_id integer NOT NULL,
    carrier_id integer NOT NULL,
    lane smallint NOT NULL,
    price_units integer NOT NULL,
    expires_at timestamptz NOT NULL,
    due_at timestamptz,                      -- not before
    claimed_by integer,                      -- node_run.id of the process that has it in hand
    attempts smallint NOT NULL DEFAULT 0,
    sent_parts integer NOT NULL DEFAULT 0    -- bit n: part n + 1 was taken in an earlier attempt
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);

-- Waits for a receipt: by the carrier's id of the part. Deleted when delivered; a failed one stays 72 h for a late "delivered".
-- Only rows that wait for a time of day stand in this index, so a claim stays within its page.
CREATE INDEX pending_due ON pending (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE awaiting (
    carrier_id integer NOT NULL,
    ref text NOT NULL,
    message_id uuid NOT NULL,
    part smallint NOT NULL,
    failed boolean NOT NULL DEFAULT false,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (carrier_id, ref)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);

-- Receipts for ids that we do not know (yet): the answer to our submit may come after its receipt.
CREATE TABLE parked_report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    carrier_id integer NOT NULL,
    ref text NOT NULL,
    report json NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX parked_report_by_ref ON parked_report (carrier_id, ref);

-- Waits for a team: receipts owed to a bind, until it has acknowledged them (at most 72 h).
CREATE TABLE spool (
    id bigint GENERATED ALWAYS AS IDENTITY,
    team_id integer NOT NULL,
    message_id uuid NOT NULL,
    state smallint NOT NULL,
    failure text,
    error text NOT NULL DEFAULT '',
    done_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);

-- Tell every node that its picture of the configuration is old. A change of the balance alone tells nobody.
CREATE FUNCTION directory_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('directory', TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE
    OR UPDATE OF code, name, country, default_sender_id, max_sessions, session_tps, suspended_at ON team
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON sender FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON token FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON carrier FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON route FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON price FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();

SELECT make_message_partitions(now() - interval '1 month', 5);
