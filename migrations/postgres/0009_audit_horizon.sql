-- The ledger is kept for a time that the installation sets. Only entries before this number may be deleted. It goes forward
-- only, and so does the date by which it was found.
CREATE TABLE audit_horizon (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  trusted BIGINT NOT NULL,
  seq BIGINT NOT NULL
);
INSERT INTO audit_horizon (id, trusted, seq) VALUES (1, 0, 0);
CREATE FUNCTION audit_horizon_goes_forward() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF NEW.trusted < OLD.trusted OR NEW.seq < OLD.seq THEN RAISE EXCEPTION 'the audit horizon goes forward only'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_horizon_goes_forward BEFORE UPDATE ON audit_horizon
FOR EACH ROW EXECUTE FUNCTION audit_horizon_goes_forward();
CREATE FUNCTION audit_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF OLD.seq >= (SELECT seq FROM audit_horizon) THEN RAISE EXCEPTION 'the audit ledger is append-only'; END IF;
  RETURN OLD;
END $$;
DROP TRIGGER audit_entry_is_append_only ON audit_entry;
CREATE TRIGGER audit_entry_is_append_only BEFORE UPDATE OR TRUNCATE ON audit_entry
EXECUTE FUNCTION audit_entry_is_append_only();
CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_is_kept();
GRANT SELECT, UPDATE ON audit_horizon TO holdfast_app;
GRANT DELETE ON audit_entry TO holdfast_app;
