-- Logs grow while their runs do.

-- Text of the attempt's lines up to the end of this chunk.
ALTER TABLE logs ADD COLUMN text_bytes INTEGER NOT NULL DEFAULT 0;
