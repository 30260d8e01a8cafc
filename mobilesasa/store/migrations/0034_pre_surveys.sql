-- Surveys over SMS: drafts and versions, invitations, conversations (decisions 78-81).
--
-- A conversation moves in one transaction with the message from the phone that moves it and the message that it says, so it can
-- be broken off at any line. Without foreign keys where rows are written in batches; `mobilesasa audit` looks for strays.

CREATE TABLE survey (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    team_id integer NOT NULL REFERENCES team (id),
    name text NOT NULL,                      -- of the draft, for lists
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'live', 'paused', 'closed')),
    draft jsonb NOT NULL,                    -- surveys/reading.py
    revision integer NOT NULL DEFAULT 1,     -- of the draft: one more with each change
    version integer NOT NULL DEFAULT 0,      -- the last one that was published; 0: none was
    code text CHECK (code ~ '^[0-9]{1,15}$'),  -- of that version: over which it asks
    keyword text,                            -- of that version, folded: who sends it to the code begins
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,                -- that version
    closed_at timestamptz,
    CHECK ((status = 'draft') = (version = 0)),
    CHECK ((code IS NULL) = (version = 0))
) WITH (fillfactor = 50);
CREATE INDEX survey_of_team ON survey (team_id, id);
CREATE INDEX survey_live ON survey (id) WHERE status = 'live';
CREATE INDEX survey_of_word ON survey (code, keyword) WHERE keyword IS NOT NULL;
CREATE UNIQUE INDEX survey_keyword ON survey (code, keyword) WHERE keyword IS NOT NULL AND status IN ('live', 'paused');

CREATE TABLE survey_version (
    survey_id integer NOT NULL REFERENCES survey (id) ON DELETE CASCADE,
    version integer NOT NULL,
    definition jsonb NOT NULL,               -- never changed
    published_at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,                     -- who published it, as in the trail
    actor_uuid uuid,
    actor_name text NOT NULL DEFAULT '',
    PRIMARY KEY (survey_id, version)
);

-- Codes over which any survey was ever published: messages to these are looked at. There are few, and none is ever removed.
CREATE TABLE survey_code (
    code text PRIMARY KEY
);

-- How many there are of what; changed in the transactions that change what is counted.
CREATE TABLE survey_sums (
    survey_id integer PRIMARY KEY,
    in_progress integer NOT NULL DEFAULT 0,
    completed integer NOT NULL DEFAULT 0,
    expired integer NOT NULL DEFAULT 0,
    waiting integer NOT NULL DEFAULT 0,      -- invitations
    lapsed integer NOT NULL DEFAULT 0        -- invitations that were too old when their turn came
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Who is to be asked, as soon as nobody else asks them over the same code (decision 81).
CREATE TABLE survey_invitation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    survey_id integer NOT NULL,
    phone text NOT NULL,                     -- E.164 without the plus
    blocked_by text,                         -- the code over which they are in another conversation; NULL: their turn has come
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    UNIQUE (survey_id, phone)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
CREATE INDEX survey_invitation_ready ON survey_invitation (survey_id, id) WHERE blocked_by IS NULL;
CREATE INDEX survey_invitation_blocked ON survey_invitation (phone, blocked_by) WHERE blocked_by IS NOT NULL;
CREATE INDEX survey_invitation_by_age ON survey_invitation (expires_at);

-- One conversation of one phone over one code. The id is a UUIDv7 of the moment when it began.
CREATE TABLE survey_response (
    id uuid PRIMARY KEY,
    survey_id integer NOT NULL,
    version integer NOT NULL,                -- the one it began with
    team_id integer NOT NULL,
    code text NOT NULL,
    phone text NOT NULL,                     -- E.164 without the plus
    status text NOT NULL DEFAULT 'in_progress' CHECK (status IN ('in_progress', 'completed', 'expired')),
    reason text,                             -- why it expired
    state jsonb NOT NULL,                    -- surveys/model.py: State; the answers are in it
    heard jsonb NOT NULL DEFAULT '[]',       -- texts that were no answers: [{text, at_ms, stray, question}, …]
    asked_id uuid,                           -- the message by which what is asked was asked first; NULL: there is none yet
    said_id uuid,                            -- … by which it was asked last
    say text,                                -- what is to be said and could not be yet
    say_problem text,                        -- … and why: the code of a refusal
    wake_at timestamptz,                     -- when to look at it unasked; NULL: never
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((status = 'in_progress') = (finished_at IS NULL)),
    CHECK ((status = 'expired') = (reason IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
CREATE UNIQUE INDEX survey_response_open ON survey_response (code, phone) WHERE status = 'in_progress';
CREATE INDEX survey_response_under_way ON survey_response (survey_id) WHERE status = 'in_progress';
CREATE INDEX survey_response_wake ON survey_response (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX survey_response_of_survey ON survey_response (survey_id, id);
CREATE INDEX survey_response_by_status ON survey_response (survey_id, status, id);
CREATE INDEX survey_response_of_phone ON survey_response (team_id, phone, id);

-- Messages from phones to such a code that no survey has looked at yet.
CREATE TABLE survey_inbox (
    inbound_id uuid PRIMARY KEY,
    due_at timestamptz NOT NULL DEFAULT now(),  -- not before: one that cannot be looked at holds up no other
    tries smallint NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Exports: the responses to a survey.
ALTER TABLE export DROP CONSTRAINT export_kind_check;
ALTER TABLE export ADD CONSTRAINT export_kind_check
    CHECK (kind IN ('messages', 'contacts', 'inbound', 'ledger', 'report', 'recipients', 'survey_responses'));
