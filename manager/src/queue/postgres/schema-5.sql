-- Logs grow while their runs do. SQLite's sixth schema has the comments.

ALTER TABLE logs ADD COLUMN text_bytes bigint NOT NULL DEFAULT 0;
