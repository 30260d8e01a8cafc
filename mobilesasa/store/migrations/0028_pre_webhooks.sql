-- Webhooks (decision 89): where teams want to be told of what happens, what happened, and what came of telling it.

CREATE TABLE webhook (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    team_id integer NOT NULL REFERENCES team (id),
    url text NOT NULL,
    description text NOT NULL DEFAULT '',
    events text[] NOT NULL CHECK (cardinality(events) > 0), -- '*': all there are and will be
    include_text boolean NOT NULL DEFAULT false,
    enabled boolean NOT NULL DEFAULT true,
    disabled_reason text,                    -- 'team', 'gone' (it answered 410), 'failing' (for days)
    disabled_at timestamptz,
    secret text NOT NULL,                    -- in clear, for every call is signed with it
    old_secret text,                         -- signs beside it until then
    old_secret_until timestamptz,
    failing_since timestamptz,               -- no call has succeeded since
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz                   -- goes when its log has gone
) WITH (fillfactor = 50);
CREATE INDEX webhook_of_team ON webhook (team_id, id) WHERE deleted_at IS NULL;

-- A UUIDv7 of this moment.
CREATE FUNCTION hook_event_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- What happened. Of a message only what changes is kept here: who asks reads the rest from its row, and its text only from there.
CREATE TABLE webhook_event (
    id uuid PRIMARY KEY,
    team_id integer NOT NULL,
    event text NOT NULL,
    subject uuid,                            -- the message that it is about
    data jsonb NOT NULL
);

-- What came of telling it to an endpoint: the log and, while `next_at` is set, its queue. Without foreign keys, as other tables
-- that are written in batches; the rows of an endpoint that is deleted are swept away.
CREATE TABLE webhook_delivery (
    webhook_id integer NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    event text NOT NULL,
    state smallint NOT NULL DEFAULT 10,      -- 10 waiting, 20 delivered, 30 failed
    attempts smallint NOT NULL DEFAULT 0,
    since timestamptz NOT NULL DEFAULT now(), -- when it was queued, or queued again
    next_at timestamptz DEFAULT now(),       -- when it is tried next; NULL: no more
    tried_at timestamptz,
    status smallint,                         -- of the last answer
    error text,                              -- why there was none, or why it does not count
    answer text,                             -- how the last answer began
    latency_ms integer,
    PRIMARY KEY (webhook_id, id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
CREATE UNIQUE INDEX webhook_delivery_of_event ON webhook_delivery (webhook_id, event_id);
CREATE INDEX webhook_delivery_by_event ON webhook_delivery (webhook_id, event, id);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_delivery_failed ON webhook_delivery (webhook_id, id) WHERE state = 30;
