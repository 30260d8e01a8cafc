-- How many days a team's texts are kept; NULL leaves it to the node's setting, 0 keeps them for ever.
-- It is read where texts are let go of and nowhere else, so a change of it is told to no node.
ALTER TABLE team ADD COLUMN text_days integer CHECK (text_days BETWEEN 0 AND 3650);

-- How far that has come, in ids; beside the team's row, which every charge locks.
CREATE TABLE text_mark (
    team_id integer PRIMARY KEY REFERENCES team (id),
    upto uuid NOT NULL
);

-- Messages below the mark that waited for a carrier when it passed them: their texts go when they no longer do.
CREATE TABLE text_held (
    message_id uuid PRIMARY KEY,
    team_id integer NOT NULL
);
