-- Intermediate receipts (spool.state 21: a carrier took the message, 22: it says that it is on its way) go from the spool
-- when the final one comes. Only they stand in this index, so a final receipt pays nothing for it.
CREATE INDEX spool_steps ON spool (message_id) WHERE state < 30;
