-- PostgreSQL parses each CHECK again for every statement that inserts, which made a third of a claim's work. The library
-- checks the lengths before it sends anything. The table's only checks are those that V1 made, whatever they are named.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = '"processed_message"'::regclass AND contype = 'c' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', '"processed_message"'::regclass, name);
    END LOOP;
END
$$;

-- No longer true of its rows that the message has not succeeded since: its key tells, and the purge sweeps them away.
COMMENT ON TABLE "processed_message_attempt" IS 'Failures of messages; of those without a row in the table of keys, at present';
