-- USSD: what people dial, who answers it, and their sessions (decisions 82-84).

CREATE TABLE ussd_code (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    digits text NOT NULL UNIQUE CHECK (digits ~ '^[0-9]{1,12}$'),
    kind text NOT NULL CHECK (kind IN ('dedicated', 'shared')),
    networks text[] NOT NULL DEFAULT '{}',   -- that carry it, by name
    status text NOT NULL CHECK (status IN ('pending', 'approved', 'suspended')),
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A menu is published as a version, which never changes; sessions keep the one that they began with.
CREATE TABLE ussd_menu (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    team_id integer NOT NULL REFERENCES team (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    draft json NOT NULL,                     -- as it was written: the screens have an order
    revision integer NOT NULL DEFAULT 1,     -- of the draft: one more with each change
    version integer,                         -- the last that was published; NULL: none was
    secret text NOT NULL,                    -- in clear, for each call of a webhook is signed with it
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
CREATE INDEX ussd_menu_of_team ON ussd_menu (team_id, id);
CREATE TABLE ussd_menu_version (
    menu_id integer NOT NULL REFERENCES ussd_menu (id) ON DELETE CASCADE,
    version integer NOT NULL,
    definition json NOT NULL,
    note text NOT NULL DEFAULT '',
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL,
    PRIMARY KEY (menu_id, version)
);

CREATE TABLE ussd_extension (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    code_id integer NOT NULL REFERENCES ussd_code (id),
    team_id integer NOT NULL REFERENCES team (id),
    extension text NOT NULL CHECK (extension ~ '^([0-9]+(\*[0-9]+)*)?$' AND length(extension) <= 40),
    status text NOT NULL CHECK (status IN ('requested', 'approved', 'rejected', 'suspended')),
    menu_id integer REFERENCES ussd_menu (id),
    callback_url text,
    smpp boolean NOT NULL DEFAULT false,     -- the team itself answers, on a bind
    note text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    CHECK ((menu_id IS NOT NULL)::integer + (callback_url IS NOT NULL)::integer + smpp::integer <= 1)
);
CREATE UNIQUE INDEX ussd_extension_held ON ussd_extension (code_id, extension) WHERE status IN ('approved', 'suspended');
CREATE UNIQUE INDEX ussd_extension_asked ON ussd_extension (code_id, extension, team_id) WHERE status = 'requested';
CREATE INDEX ussd_extension_of_team ON ussd_extension (team_id, id);
CREATE INDEX ussd_extension_of_menu ON ussd_extension (menu_id) WHERE menu_id IS NOT NULL;

-- Carriers and aggregators that call us.
CREATE TABLE ussd_gateway (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
    dialect text NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),  -- SHA-256 of the secret in its address
    prefix text NOT NULL,                    -- how that begins
    enabled boolean NOT NULL DEFAULT true,
    options jsonb NOT NULL DEFAULT '{}',     -- core/ussd_gateways.py: GatewayOptions
    created_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz                      -- when it last called, about
) WITH (fillfactor = 50);

-- One a session. Without foreign keys, as what is written in batches; what it was dialled by is written out, for that may go.
CREATE TABLE ussd_session (
    id uuid PRIMARY KEY,                     -- a UUIDv7
    gateway text NOT NULL,
    carrier_session_id text NOT NULL,
    msisdn text NOT NULL,
    network text NOT NULL DEFAULT '',
    team_id integer NOT NULL,
    extension_id integer NOT NULL,
    code text NOT NULL,                      -- digits
    extension text NOT NULL,
    menu_id integer,                         -- NULL: the team answers itself
    version integer,
    state jsonb,                             -- ussd/model.py: Session; NULL: nothing is left of it
    consumed text NOT NULL DEFAULT '',       -- what was taken of all that was typed, as the gateway joins it
    screen text,                             -- that was last shown
    steps integer NOT NULL DEFAULT 0,        -- screens that were shown
    acts integer NOT NULL DEFAULT 0,         -- what it gave to do
    event_id uuid NOT NULL,                  -- of the last event that was taken …
    input text NOT NULL DEFAULT '',
    sequence integer,
    says text,                               -- … and its answer, for when it comes again; NULL: there is none yet
    says_end boolean NOT NULL DEFAULT false,
    trouble text NOT NULL DEFAULT '',
    faded boolean NOT NULL DEFAULT false,    -- what was typed and shown has been removed
    started_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    ended_at timestamptz,                    -- NULL: it is live
    outcome text CHECK (outcome IN ('ended', 'aborted', 'timeout', 'dropped')),  -- how it ended
    resumable_until timestamptz,             -- until then the person can go on by dialling again; NULL: not at all
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
CREATE UNIQUE INDEX ussd_session_live ON ussd_session (gateway, carrier_session_id, msisdn) WHERE ended_at IS NULL;
CREATE INDEX ussd_session_of_phone ON ussd_session (msisdn, id);
CREATE INDEX ussd_session_of_team ON ussd_session (team_id, id);
CREATE INDEX ussd_session_of_extension ON ussd_session (extension_id, id);
CREATE INDEX ussd_session_of_menu ON ussd_session (menu_id, id) WHERE menu_id IS NOT NULL;
CREATE INDEX ussd_session_open ON ussd_session (team_id, id) WHERE ended_at IS NULL;
-- Of those what people typed and saw is still there.
CREATE INDEX ussd_session_fading ON ussd_session (id) WHERE ended_at IS NOT NULL AND NOT faded;

-- How often a screen was shown on a day (UTC), and how often it was the last that somebody saw who left.
CREATE TABLE ussd_screen (
    menu_id integer NOT NULL,
    version integer NOT NULL,
    screen text NOT NULL,
    day date NOT NULL,
    shown bigint NOT NULL DEFAULT 0,
    "left" bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (menu_id, day, version, screen)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What a step is to do beside its answer: stored with the step, and gone in the transaction that does it.
CREATE TABLE ussd_action (
    session_id uuid NOT NULL,
    n integer NOT NULL,                      -- of the session, from 1
    team_id integer NOT NULL,
    menu_id integer NOT NULL,
    kind text NOT NULL,
    given jsonb NOT NULL,
    msisdn text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz,                      -- NULL: it was given up
    attempts integer NOT NULL DEFAULT 0,
    problem text,                            -- why it could not be done
    PRIMARY KEY (session_id, n)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000);
CREATE INDEX ussd_action_due ON ussd_action (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ussd_action_given_up ON ussd_action (created_at) WHERE due_at IS NULL;

-- Tell every node that what is dialled may be answered by somebody else now.
CREATE FUNCTION ussd_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('ussd', TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER ussd_changed AFTER INSERT OR DELETE OR UPDATE ON ussd_code FOR EACH STATEMENT EXECUTE FUNCTION ussd_changed();
CREATE TRIGGER ussd_changed AFTER INSERT OR DELETE OR UPDATE ON ussd_extension FOR EACH STATEMENT EXECUTE FUNCTION ussd_changed();
CREATE TRIGGER ussd_changed AFTER DELETE OR UPDATE OF version ON ussd_menu FOR EACH STATEMENT EXECUTE FUNCTION ussd_changed();
CREATE TRIGGER ussd_changed AFTER INSERT OR DELETE OR UPDATE OF name, dialect, digest, enabled, options ON ussd_gateway
    FOR EACH STATEMENT EXECUTE FUNCTION ussd_changed();
