-- Rules of routing may ask what the sender of a message is for (decision 36).
ALTER TABLE route_rule ADD COLUMN sender_class text CHECK (sender_class IN ('transactional', 'promotional', 'otp'));
DROP INDEX route_rule_once;
CREATE UNIQUE INDEX route_rule_once ON route_rule (priority, prefix, coalesce(network, ''), coalesce(team_id, 0), coalesce(sender, ''),
                                                   coalesce(sender_class, ''), coalesce(lane, -1), coalesce(origin, -1),
                                                   coalesce(coding, -1));

-- What a process is, for operators who look at the nodes.
ALTER TABLE node_run
    ADD COLUMN version text NOT NULL DEFAULT '',
    ADD COLUMN roles text[] NOT NULL DEFAULT '{}';
