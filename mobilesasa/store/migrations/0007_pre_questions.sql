-- What a command asks of the nodes that run, and what they answer. It is told by NOTIFY, waited for some seconds and
-- forgotten after some minutes, so a crash may take it with it.
CREATE UNLOGGED TABLE node_question (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    args jsonb NOT NULL CHECK (jsonb_typeof(args) = 'object'),
    asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNLOGGED TABLE node_answer (
    question_id bigint NOT NULL REFERENCES node_question (id) ON DELETE CASCADE,
    node text NOT NULL,
    answer jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (question_id, node)
);
