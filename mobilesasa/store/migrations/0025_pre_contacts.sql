-- People whom a team writes to, and the groups that it keeps them in (decisions 48-62).
--
-- Without foreign keys to the team, as what is written in batches: a row of it would wait for the row of its team, which every
-- message locks. `mobilesasa audit` looks for strays.

-- Both are contrib modules that an owner of the database may create: parts of names, within one team, from one index.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

CREATE TABLE contact (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    team_id integer NOT NULL,
    phone text NOT NULL CHECK (phone ~ '^[0-9]{7,15}$'),     -- E.164 without the plus
    first_name text CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name text CHECK (length(last_name) BETWEEN 1 AND 100),
    email text CHECK (length(email) BETWEEN 3 AND 254),
    notes text CHECK (length(notes) BETWEEN 1 AND 5000),
    attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,                  -- it is in no group then, and its phone may have another contact
    -- what a search looks into, and the order by name
    searched text NOT NULL GENERATED ALWAYS AS (
        lower(coalesce(first_name || ' ', '') || coalesce(last_name || ' ', '') || phone)) STORED
) WITH (fillfactor = 90, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
CREATE UNIQUE INDEX contact_of_phone ON contact (team_id, phone) WHERE deleted_at IS NULL;
CREATE INDEX contact_of_team ON contact (team_id, id) WHERE deleted_at IS NULL;
CREATE INDEX contact_by_name ON contact (team_id, searched COLLATE "C", id) WHERE deleted_at IS NULL;
CREATE INDEX contact_search ON contact USING gin (team_id, searched gin_trgm_ops) WHERE deleted_at IS NULL;
CREATE INDEX contact_attributes ON contact USING gin (team_id, attributes jsonb_path_ops)
    WHERE deleted_at IS NULL AND attributes <> '{}';
CREATE INDEX contact_deleted ON contact (team_id, phone) WHERE deleted_at IS NOT NULL;

-- The attributes that a team's contacts have or had, so that they can be named without looking at a million of them.
CREATE TABLE contact_attribute (
    team_id integer NOT NULL,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    first_used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, name)
);

-- Whoever writes attributes, they are named.
CREATE FUNCTION contact_attributes_are_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contact_attribute (team_id, name)
    SELECT DISTINCT team_id, name FROM written, LATERAL jsonb_object_keys(attributes) AS name
    WHERE attributes <> '{}' ORDER BY team_id, name
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER contact_attributes_are_named_new AFTER INSERT ON contact REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION contact_attributes_are_named();
CREATE TRIGGER contact_attributes_are_named_changed AFTER UPDATE ON contact REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION contact_attributes_are_named();

CREATE TABLE contact_group (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    team_id integer NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    folded text NOT NULL,                    -- the name as it must be the only one: see contacts/fields.py
    description text CHECK (length(description) BETWEEN 1 AND 1000),
    members integer NOT NULL DEFAULT 0 CHECK (members >= 0),  -- kept by the trigger below
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, folded)
) WITH (fillfactor = 50);
CREATE INDEX contact_group_of_team ON contact_group (team_id, id);

CREATE TABLE group_member (
    group_id integer NOT NULL,
    contact_id bigint NOT NULL,
    team_id integer NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_id, contact_id)
);
CREATE INDEX group_member_of_contact ON group_member (contact_id);

-- Whoever adds and removes, the count of a group is that of its rows; the rows of groups are locked in one order.
CREATE FUNCTION group_members_are_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM FROM contact_group WHERE id IN (SELECT group_id FROM moved) ORDER BY id FOR NO KEY UPDATE;
    UPDATE contact_group SET members = members + sign * many
    FROM (SELECT group_id, count(*) AS many FROM moved GROUP BY group_id) AS counted WHERE id = counted.group_id;
    RETURN NULL;
END $$;
CREATE TRIGGER group_members_are_counted_new AFTER INSERT ON group_member REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION group_members_are_counted();
CREATE TRIGGER group_members_are_counted_gone AFTER DELETE ON group_member REFERENCING OLD TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION group_members_are_counted();

-- A person whom a team was asked to forget. The number stands here until nothing of the team's names it any more.
CREATE TABLE erasure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    team_id integer NOT NULL,
    phone text,                              -- NULL: it is finished
    pseudonym text NOT NULL,                 -- random: what stands for the number in messages, and leads back to nobody
    upto uuid NOT NULL,                      -- messages with a smaller id are meant: those from before the request
    seen uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',  -- how far this look has come
    messages integer NOT NULL DEFAULT 0,     -- to the person, whose number is gone
    inbound integer NOT NULL DEFAULT 0,      -- from the person
    requested_at timestamptz NOT NULL DEFAULT now(),
    next_at timestamptz DEFAULT now(),       -- when to look again; NULL: it is finished
    finished_at timestamptz
);
CREATE INDEX erasure_of_team ON erasure (team_id, id);
CREATE INDEX erasure_due ON erasure (next_at) WHERE next_at IS NOT NULL;
