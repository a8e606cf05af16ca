-- The date by which the ledger's horizon was found can have been a wrong one, ahead of the right one: it goes back. What may be
-- deleted does not.
DROP TRIGGER audit_horizon_goes_forward;
CREATE TRIGGER audit_horizon_goes_forward BEFORE UPDATE ON audit_horizon
WHEN NEW.seq < OLD.seq
BEGIN SELECT RAISE(ABORT, 'the audit horizon goes forward only'); END;
