-- Calls that a team may repeat under an Idempotency-Key: the reply of each that succeeded, for 24 h. The row is written in
-- the transaction of what the call did. It has no foreign key: that would lock the team's row in a shared way before the
-- charge locks it for itself, and two calls of one team would be a deadlock.
CREATE TABLE idempotency_key (
    team_id integer NOT NULL,
    route text NOT NULL CHECK (length(route) <= 255),  -- method and path, or the path's digest when that is longer
    key text NOT NULL CHECK (key ~ '^[ -~]{1,255}$'),
    body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
    reply bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, route, key)
);
CREATE INDEX idempotency_key_by_age ON idempotency_key (at);
