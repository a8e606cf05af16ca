-- How far the lines of each source of an import have been taken: repeating it adds nothing.
CREATE TABLE import_source (
  org_id BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  source TEXT NOT NULL,
  lines INTEGER NOT NULL,
  PRIMARY KEY (org_id, channel_id, source),
  FOREIGN KEY (org_id, channel_id) REFERENCES channel (org_id, id)
) STRICT, WITHOUT ROWID;
