-- Which database this is, and how far it has come: compared at each start with what is remembered beside it, so that an
-- older copy is noticed. epoch: clients who knew another one load anew; it is of all channels at once.
CREATE TABLE history (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  database_id UUID NOT NULL,
  epoch BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  pulse BIGINT NOT NULL,
  closed BOOLEAN NOT NULL,
  seen_at BIGINT
);
-- Until now every channel's epoch was 1: nothing raised it.
INSERT INTO history (id, database_id, epoch, generation, pulse, closed) VALUES (1, gen_random_uuid(), 1, 0, 0, FALSE);
GRANT SELECT, UPDATE ON history TO holdfast_app;

-- The ledger's order is that of writing, whatever the clock showed. Rows that are there are numbered as they lie, which is
-- the order of writing in a table that only grows.
ALTER TABLE audit_entry ADD COLUMN seq BIGINT GENERATED ALWAYS AS IDENTITY;
DROP INDEX audit_action;
DROP INDEX audit_actor;
CREATE UNIQUE INDEX audit_seq ON audit_entry (org_id, seq);
CREATE INDEX audit_action ON audit_entry (org_id, action, seq);
CREATE INDEX audit_actor ON audit_entry (org_id, actor_id, seq);
CREATE INDEX audit_at ON audit_entry (org_id, at, seq);
