-- The ledger is kept for a time that the installation sets. Only entries before this number may be deleted. It goes forward
-- only, and so does the date by which it was found.
CREATE TABLE audit_horizon (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  trusted INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT;
INSERT INTO audit_horizon (id, trusted, seq) VALUES (1, 0, 0);
CREATE TRIGGER audit_horizon_goes_forward BEFORE UPDATE ON audit_horizon
WHEN NEW.trusted < OLD.trusted OR NEW.seq < OLD.seq
BEGIN SELECT RAISE(ABORT, 'the audit horizon goes forward only'); END;
CREATE TRIGGER audit_horizon_stays BEFORE DELETE ON audit_horizon
BEGIN SELECT RAISE(ABORT, 'the audit horizon goes forward only'); END;
DROP TRIGGER audit_entry_is_append_only_delete;
CREATE TRIGGER audit_entry_is_append_only_delete BEFORE DELETE ON audit_entry
WHEN OLD.seq >= (SELECT seq FROM audit_horizon)
BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only'); END;
