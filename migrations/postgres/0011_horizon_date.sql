-- The date by which the ledger's horizon was found can have been a wrong one, ahead of the right one: it goes back. What may be
-- deleted does not.
CREATE OR REPLACE FUNCTION audit_horizon_goes_forward() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF NEW.seq < OLD.seq THEN RAISE EXCEPTION 'the audit horizon goes forward only'; END IF;
  RETURN NEW;
END $$;
