-- Messages from phones, whole. The id is a UUIDv7 of the moment when the first part came. Without foreign keys, as the other
-- tables that are written in batches; `mobilesasa audit` looks for strays.
CREATE TABLE inbound (
    id uuid PRIMARY KEY,
    team_id integer,                         -- NULL: no team has the number that it was sent to
    carrier_id integer NOT NULL,
    source text NOT NULL,
    destination text NOT NULL,
    text text,                               -- NULL: the octets are no text, or it was kept long enough
    body bytea,
    udh bytea,
    coding smallint NOT NULL,
    parts smallint NOT NULL,                 -- that came
    missing smallint NOT NULL DEFAULT 0,     -- that did not
    received_at timestamptz NOT NULL
);
CREATE INDEX inbound_of_team ON inbound (team_id, id);
CREATE INDEX inbound_texts ON inbound (team_id, id) WHERE text IS NOT NULL OR body IS NOT NULL;

-- Parts of long messages: those that wait for others, and for a while those that were joined, so that a repetition is known.
CREATE TABLE inbound_part (
    id uuid PRIMARY KEY,
    carrier_id integer NOT NULL,
    source text NOT NULL,
    destination text NOT NULL,
    reference integer NOT NULL,
    total smallint NOT NULL,
    number smallint NOT NULL,
    team_id integer,
    as_payload boolean NOT NULL,             -- the team wants the whole in one PDU
    echo boolean NOT NULL,                   -- the same part was joined a while ago
    coding smallint NOT NULL,
    octets bytea NOT NULL,
    udh bytea,
    received_at timestamptz NOT NULL,
    inbound_id uuid                          -- the message that it was joined into
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
CREATE INDEX inbound_part_of_set ON inbound_part (carrier_id, source, destination, reference, total);
CREATE UNIQUE INDEX inbound_part_once ON inbound_part (carrier_id, source, destination, reference, total, number)
    WHERE inbound_id IS NULL;
CREATE INDEX inbound_part_by_age ON inbound_part (received_at);

-- A team is owed messages from phones (state 50, message_id is of `inbound`) beside receipts: part n of several, 0 for the whole.
ALTER TABLE spool ADD COLUMN part smallint NOT NULL DEFAULT 0;
CREATE INDEX spool_inbound ON spool (message_id) WHERE state = 50; -- a receipt pays nothing for it
