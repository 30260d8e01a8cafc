-- A campaign that is sent again to those whose messages failed: of which one, so that nobody gets it twice (store/campaign_retrying.py).
ALTER TABLE campaign ADD COLUMN retry_of integer;  -- its id
CREATE INDEX campaign_of_retry ON campaign (retry_of) WHERE retry_of IS NOT NULL;

-- Exports: the units that came and went, day by day.
ALTER TABLE export DROP CONSTRAINT export_kind_check;
ALTER TABLE export ADD CONSTRAINT export_kind_check
    CHECK (kind IN ('messages', 'contacts', 'inbound', 'ledger', 'report', 'usage', 'recipients', 'survey_responses'));
