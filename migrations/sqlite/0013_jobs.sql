-- Work that outlives the request that asked for it (ADR 17). A job is the installation's, not an organisation's: the worker takes
-- what is due next, whoever asked for it, and no member ever reads this table.
CREATE TABLE job (
  id BLOB PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  -- Among the unfinished jobs of a kind there is one with this key.
  unique_key TEXT,
  -- waiting, running, dead
  state TEXT NOT NULL,
  priority INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  -- How long it was to wait when due_at was written; NULL: it waits for that date, whatever the clock showed then.
  wait INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  problem TEXT,
  -- Counts how often it was taken: what an earlier taker writes is refused.
  run INTEGER NOT NULL DEFAULT 0,
  -- Counts the heartbeats of whoever runs it.
  beat INTEGER NOT NULL DEFAULT 0,
  cancel INTEGER NOT NULL DEFAULT 0,
  progress_done INTEGER,
  progress_total INTEGER,
  progress_text TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_next ON job (state, priority DESC, due_at, id);
CREATE INDEX job_kind ON job (kind, id);
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key) WHERE state <> 'dead';

CREATE TABLE job_schedule (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  cron TEXT NOT NULL,
  zone TEXT NOT NULL,
  -- What becomes of runs that nobody was there for: run (once, for all of them) or skip.
  missed TEXT NOT NULL,
  next_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Mail that waits goes on waiting as jobs. Those to nobody had been written for the time that they take.
INSERT INTO job (id, kind, payload, state, priority, due_at, wait, attempts, problem, created_at)
  SELECT id, 'identity.mail', payload, 'waiting', 2, due_at, 0, attempts, problem, due_at FROM outbox WHERE kind = 'mail';
DROP TABLE outbox;
