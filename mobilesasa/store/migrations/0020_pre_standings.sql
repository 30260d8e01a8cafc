-- How the carriers stand, as the node sees them that has their binds; the others choose between carriers by it. What is
-- here is looked at anew every few seconds, so a crash may take it with it.
CREATE UNLOGGED TABLE carrier_standing (
    carrier_id integer PRIMARY KEY REFERENCES carrier (id) ON DELETE CASCADE,
    standing smallint NOT NULL,  -- core.routing.Standing
    node text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
