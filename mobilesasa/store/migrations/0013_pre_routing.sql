-- Rules of routing: messages that have all that is asked for go to the carriers in `route_target`; NULL asks for nothing.
-- A row of `route` goes on being the smallest of rules: a prefix alone, priority 100, its carriers in the order of `route.priority`.
CREATE TABLE route_rule (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    priority integer NOT NULL DEFAULT 100 CHECK (priority >= 0),
    prefix text NOT NULL DEFAULT '' CHECK (prefix ~ '^[0-9]{0,15}$'),
    network text CHECK (network <> ''),
    team_id integer REFERENCES team (id),
    sender text CHECK (sender <> ''),
    lane smallint,
    origin smallint,
    coding smallint,
    policy text NOT NULL DEFAULT 'failover' CHECK (policy IN ('failover', 'weighted', 'least_cost')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX route_rule_once ON route_rule (priority, prefix, coalesce(network, ''), coalesce(team_id, 0), coalesce(sender, ''),
                                                   coalesce(lane, -1), coalesce(origin, -1), coalesce(coding, -1));

CREATE TABLE route_target (
    rule_id integer NOT NULL REFERENCES route_rule (id) ON DELETE CASCADE,
    place smallint NOT NULL CHECK (place BETWEEN 1 AND 10),  -- 1 goes first
    carrier_id integer NOT NULL REFERENCES carrier (id),
    weight integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1000000),
    PRIMARY KEY (rule_id, place),
    UNIQUE (rule_id, carrier_id)
);

-- What a part costs the operator at a carrier, in millionths of its money.
CREATE TABLE carrier_cost (
    carrier_id integer NOT NULL REFERENCES carrier (id),
    prefix text NOT NULL CHECK (prefix ~ '^[0-9]{0,15}$'),
    cost_micro bigint NOT NULL CHECK (cost_micro >= 0),
    PRIMARY KEY (carrier_id, prefix)
);

-- Networks: what the operator says of prefixes goes before the numbering plans, which the program brings with it.
CREATE TABLE network_prefix (
    prefix text PRIMARY KEY CHECK (prefix ~ '^[0-9]{1,15}$'),
    network text NOT NULL CHECK (network <> ''),
    at timestamptz NOT NULL DEFAULT now()
);

-- What carriers call networks in receipts: MCC and MNC (ITU-T E.212).
CREATE TABLE network_code (
    code text PRIMARY KEY CHECK (code ~ '^[0-9]{5,6}$'),
    network text NOT NULL CHECK (network <> ''),
    at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO network_code (code, network) VALUES ('63902', 'Safaricom'), ('63903', 'Airtel'), ('63907', 'Telkom');

-- Learned from receipts: the network that a number is in today. A number has one slot, in which a new one puts out an older
-- one, so the table is bounded by their number and needs no tidying.
CREATE TABLE number_network (
    slot integer PRIMARY KEY,
    number text NOT NULL,
    code text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON route_rule FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON route_target FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON carrier_cost FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON network_prefix FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON network_code FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();

-- The carriers that are tried when the first does not take the message, in order; NULL: none.
ALTER TABLE pending ADD COLUMN fallbacks integer[];
