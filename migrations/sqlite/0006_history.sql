-- Which database this is, and how far it has come: compared at each start with what is remembered beside it, so that an
-- older copy, or a lost log, is noticed. epoch: clients who knew another one load anew; it is of all channels at once.
CREATE TABLE history (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  database_id BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  pulse INTEGER NOT NULL,
  closed INTEGER NOT NULL,
  seen_at INTEGER
) STRICT;
INSERT INTO history (id, database_id, epoch, generation, pulse, closed)
  SELECT 1, randomblob(16), coalesce(max(epoch), 1), 0, 0, 0 FROM channel;

-- The ledger's order is that of writing, whatever the clock showed.
DROP TRIGGER audit_entry_is_append_only_update;
DROP TRIGGER audit_entry_is_append_only_delete;
ALTER TABLE audit_entry RENAME TO audit_entry_before;
DROP INDEX audit_action;
DROP INDEX audit_actor;
CREATE TABLE audit_entry (
  seq INTEGER PRIMARY KEY NOT NULL,
  org_id BLOB NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'denied', 'failed')),
  resource TEXT,
  policy TEXT,
  address TEXT,
  device TEXT,
  request_id TEXT NOT NULL,
  detail TEXT NOT NULL,
  UNIQUE (org_id, id)
) STRICT;
INSERT INTO audit_entry (org_id, id, at, actor_kind, actor_id, actor_name, action, outcome, resource, policy, address,
    device, request_id, detail)
  SELECT org_id, id, at, actor_kind, actor_id, actor_name, action, outcome, resource, policy, address,
    device, request_id, detail FROM audit_entry_before ORDER BY id;
DROP TABLE audit_entry_before;
CREATE INDEX audit_seq ON audit_entry (org_id, seq);
CREATE INDEX audit_action ON audit_entry (org_id, action, seq);
CREATE INDEX audit_actor ON audit_entry (org_id, actor_id, seq);
CREATE INDEX audit_at ON audit_entry (org_id, at, seq);
CREATE TRIGGER audit_entry_is_append_only_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only'); END;
CREATE TRIGGER audit_entry_is_append_only_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only'); END;
