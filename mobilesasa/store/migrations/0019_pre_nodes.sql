-- The bound SMPP sessions of all nodes, so that a team's limit holds over them. A row whose process has died counts no more
-- and goes when somebody looks. There is a row for each bind, not for each message.
CREATE TABLE smpp_session (
    session_id text PRIMARY KEY,
    run integer NOT NULL,                    -- node_run.id of the process that has it
    team_id integer NOT NULL,
    node text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    shown jsonb NOT NULL                     -- what is shown of it while its node does not answer
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX smpp_session_of_team ON smpp_session (team_id);
