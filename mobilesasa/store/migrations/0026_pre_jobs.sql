-- Long work is a row, done by the one node that has the chores: claimed again after a crash, told of by NOTIFY.
CREATE TABLE job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    team_id integer NOT NULL REFERENCES team (id),
    kind text NOT NULL,                      -- 'contacts.import'
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    args jsonb NOT NULL DEFAULT '{}',        -- what is asked for; never changed
    progress jsonb NOT NULL DEFAULT '{}',    -- how far it has come, in the words of its kind
    turn integer NOT NULL DEFAULT 0,         -- counts who began it; who has an older one has lost it
    tries integer NOT NULL DEFAULT 0,        -- turns since it came on the last time
    due_at timestamptz NOT NULL DEFAULT now(),
    error text,                              -- why it failed, for people
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX job_unfinished ON job (team_id, kind, id) WHERE state IN ('pending', 'running');
CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL;

-- Files of teams, in pieces, so that any node can serve what another took in.
CREATE TABLE file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    team_id integer NOT NULL REFERENCES team (id),
    name text NOT NULL,                      -- as people call it
    content_type text NOT NULL,
    octets bigint,                           -- NULL: it is not whole yet
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX file_by_age ON file (created_at);
CREATE TABLE file_chunk (
    file_id bigint NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    n integer NOT NULL,
    octets bytea NOT NULL,
    PRIMARY KEY (file_id, n)
);
ALTER TABLE file_chunk ALTER COLUMN octets SET STORAGE EXTERNAL;  -- most of it is compressed already

-- Contacts that come as a file. How far it has come is `done_row`, written in the commit of the rows themselves.
CREATE TABLE upload (
    id bigint GENERATED ALWAYS AS IDENTITY,
    uuid uuid NOT NULL UNIQUE,
    team_id integer NOT NULL,
    job_id bigint NOT NULL UNIQUE REFERENCES job (id) ON DELETE CASCADE,
    file_id bigint REFERENCES file (id) ON DELETE SET NULL,
    filename text NOT NULL,
    settings jsonb NOT NULL,                 -- how it is read: format, encoding, delimiter, sheet, columns, what was asked
    total_rows integer NOT NULL,
    done_row integer NOT NULL DEFAULT 0,     -- the last row of the file that is dealt with
    imported integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    skipped integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    undo_job_id bigint UNIQUE REFERENCES job (id) ON DELETE SET NULL,
    removed integer NOT NULL DEFAULT 0,      -- contacts that the undo took away
    restored integer NOT NULL DEFAULT 0,     -- … put back as they were
    kept integer NOT NULL DEFAULT 0,         -- … left alone, for somebody has changed them since
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, id)
);
CREATE UNIQUE INDEX upload_by_id ON upload (id);

-- Rows of a file that could not be taken, as they stood there.
CREATE TABLE upload_error (
    upload_id bigint NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    row integer NOT NULL,
    wrong jsonb NOT NULL,                    -- [{column, value, message}, …]
    cells jsonb NOT NULL,
    PRIMARY KEY (upload_id, row)
);

-- What an upload did to each contact, for its undo.
CREATE TABLE upload_change (
    upload_id bigint NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    contact_id bigint NOT NULL,
    made boolean NOT NULL,
    joined boolean NOT NULL DEFAULT false,   -- the group of the upload
    before jsonb,                            -- of a contact that was there: its columns as they were
    after bigint NOT NULL,                   -- a hash of its columns as the upload left them
    PRIMARY KEY (upload_id, contact_id)
);
