-- Channels and their logs. Every change takes the channel's next number: head is the last one taken.

CREATE TABLE channel (
  org_id UUID NOT NULL REFERENCES organisation (org_id),
  id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('public', 'private', 'direct')),
  name TEXT NOT NULL,
  name_folded TEXT,
  direct_key TEXT,
  topic TEXT NOT NULL,
  archived_at BIGINT,
  created_at BIGINT NOT NULL,
  head BIGINT NOT NULL DEFAULT 0,
  epoch BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, name_folded),
  UNIQUE (org_id, direct_key)
);

CREATE TABLE channel_member (
  org_id UUID NOT NULL,
  channel_id UUID NOT NULL,
  member_id UUID NOT NULL,
  joined_at BIGINT NOT NULL,
  read_seq BIGINT NOT NULL,
  PRIMARY KEY (org_id, channel_id, member_id),
  FOREIGN KEY (org_id, channel_id) REFERENCES channel (org_id, id),
  FOREIGN KEY (org_id, member_id) REFERENCES member (org_id, id)
);
CREATE INDEX channel_member_of ON channel_member (org_id, member_id);

-- A message is the log entry of its own posting, at its seq. mentions: JSON list of member ids, NULL for none.
CREATE TABLE message (
  org_id UUID NOT NULL,
  channel_id UUID NOT NULL,
  seq BIGINT NOT NULL,
  id UUID NOT NULL,
  author_id UUID NOT NULL,
  client_id UUID NOT NULL,
  body TEXT NOT NULL,
  mentions TEXT,
  mentions_all BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  edited_at BIGINT,
  deleted_at BIGINT,
  PRIMARY KEY (org_id, channel_id, seq),
  UNIQUE (org_id, id),
  UNIQUE (org_id, author_id, client_id),
  FOREIGN KEY (org_id, channel_id) REFERENCES channel (org_id, id),
  FOREIGN KEY (org_id, author_id) REFERENCES member (org_id, id)
);
CREATE INDEX message_to_all ON message (org_id, channel_id, seq) WHERE mentions_all;

-- What an edit replaced, by the seq of the edit.
CREATE TABLE message_revision (
  org_id UUID NOT NULL,
  message_id UUID NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, message_id, seq),
  FOREIGN KEY (org_id, message_id) REFERENCES message (org_id, id)
);

CREATE TABLE mention (
  org_id UUID NOT NULL,
  channel_id UUID NOT NULL,
  member_id UUID NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (org_id, channel_id, member_id, seq),
  FOREIGN KEY (org_id, channel_id, seq) REFERENCES message (org_id, channel_id, seq),
  FOREIGN KEY (org_id, member_id) REFERENCES member (org_id, id)
);

CREATE TABLE reaction (
  org_id UUID NOT NULL,
  channel_id UUID NOT NULL,
  seq BIGINT NOT NULL,
  emoji TEXT NOT NULL,
  member_id UUID NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (org_id, channel_id, seq, emoji, member_id),
  FOREIGN KEY (org_id, channel_id, seq) REFERENCES message (org_id, channel_id, seq),
  FOREIGN KEY (org_id, member_id) REFERENCES member (org_id, id)
);

-- Every other change of a channel, at its seq.
CREATE TABLE channel_event (
  org_id UUID NOT NULL,
  channel_id UUID NOT NULL,
  seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  message_id UUID,
  data TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (org_id, channel_id, seq),
  FOREIGN KEY (org_id, channel_id) REFERENCES channel (org_id, id),
  FOREIGN KEY (org_id, message_id) REFERENCES message (org_id, id)
);

-- Row-level security: the second question about every row (AUTHZ-6).
DO $$ DECLARE t TEXT; BEGIN
  FOREACH t IN ARRAY ARRAY['channel', 'channel_member', 'message', 'message_revision', 'mention', 'reaction', 'channel_event'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (org_id = nullif(current_setting(''holdfast.org'', true), '''')::uuid)', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON channel, channel_member, message, message_revision, mention, reaction, channel_event TO holdfast_app;
