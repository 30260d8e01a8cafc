-- Vendor TLVs of a team and of a sender: values by tag, for the carriers that want them.
ALTER TABLE team ADD COLUMN tlvs jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(tlvs) = 'object');
ALTER TABLE sender ADD COLUMN tlvs jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(tlvs) = 'object');
CREATE TRIGGER directory_changed_by_tlvs AFTER UPDATE OF tlvs ON team FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();

-- How the receipts of a carrier write the ids that it answered, learned from those that fit a message. It is believed when
-- enough confirm it; what contradicts it takes away from that.
CREATE TABLE carrier_id_form (
    carrier_id integer PRIMARY KEY REFERENCES carrier (id) ON DELETE CASCADE,
    form text NOT NULL,
    confirmed integer NOT NULL
);
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON carrier_id_form
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();

-- The other ids that a receipt may mean, as long as its carrier's form is not known: the answer may have any of them.
ALTER TABLE parked_report ADD COLUMN spellings text[];
CREATE INDEX parked_report_spelt ON parked_report (at) WHERE spellings IS NOT NULL;
CREATE INDEX parked_report_by_spelling ON parked_report USING gin (spellings) WHERE spellings IS NOT NULL;

-- `send_validity` became `validity`: relative, absolute or none.
UPDATE carrier SET options = options - 'send_validity'
    || CASE WHEN options->>'send_validity' = 'false' THEN '{"validity": "none"}'::jsonb ELSE '{}'::jsonb END
WHERE kind = 'smpp' AND options ? 'send_validity';
