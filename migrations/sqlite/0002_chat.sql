-- Channels and their logs. Every change takes the channel's next number: head is the last one taken.

CREATE TABLE channel (
  org_id BLOB NOT NULL REFERENCES organisation (org_id),
  id BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('public', 'private', 'direct')),
  name TEXT NOT NULL,
  name_folded TEXT,
  direct_key TEXT,
  topic TEXT NOT NULL,
  archived_at INTEGER,
  created_at INTEGER NOT NULL,
  head INTEGER NOT NULL DEFAULT 0,
  epoch INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, name_folded),
  UNIQUE (org_id, direct_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_member (
  org_id BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  member_id BLOB NOT NULL,
  joined_at INTEGER NOT NULL,
  read_seq INTEGER NOT NULL,
  PRIMARY KEY (org_id, channel_id, member_id),
  FOREIGN KEY (org_id, channel_id) REFERENCES channel (org_id, id),
  FOREIGN KEY (org_id, member_id) REFERENCES member (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_member_of ON channel_member (org_id, member_id);

-- A message is the log entry of its own posting, at its seq. mentions: JSON list of member ids, NULL for none.
CREATE TABLE message (
  org_id BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  id BLOB NOT NULL,
  author_id BLOB NOT NULL,
  client_id BLOB NOT NULL,
  body TEXT NOT NULL,
  mentions TEXT,
  mentions_all INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  edited_at INTEGER,
  deleted_at INTEGER,
  PRIMARY KEY (org_id, channel_id, seq),
  UNIQUE (org_id, id),
  UNIQUE (org_id, author_id, client_id),
  FOREIGN KEY (org_id, channel_id) REFERENCES channel (org_id, id),
  FOREIGN KEY (org_id, author_id) REFERENCES member (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_to_all ON message (org_id, channel_id, seq) WHERE mentions_all = 1;

-- What an edit replaced, by the seq of the edit.
CREATE TABLE message_revision (
  org_id BLOB NOT NULL,
  message_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, message_id, seq),
  FOREIGN KEY (org_id, message_id) REFERENCES message (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE mention (
  org_id BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  member_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (org_id, channel_id, member_id, seq),
  FOREIGN KEY (org_id, channel_id, seq) REFERENCES message (org_id, channel_id, seq),
  FOREIGN KEY (org_id, member_id) REFERENCES member (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction (
  org_id BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  emoji TEXT NOT NULL,
  member_id BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (org_id, channel_id, seq, emoji, member_id),
  FOREIGN KEY (org_id, channel_id, seq) REFERENCES message (org_id, channel_id, seq),
  FOREIGN KEY (org_id, member_id) REFERENCES member (org_id, id)
) STRICT, WITHOUT ROWID;

-- Every other change of a channel, at its seq.
CREATE TABLE channel_event (
  org_id BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  message_id BLOB,
  data TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (org_id, channel_id, seq),
  FOREIGN KEY (org_id, channel_id) REFERENCES channel (org_id, id),
  FOREIGN KEY (org_id, message_id) REFERENCES message (org_id, id)
) STRICT, WITHOUT ROWID;
