-- The answer to a request, so that it can be sent again when the request comes again.
ALTER TABLE "processed_message" ADD COLUMN reply bytea, ADD COLUMN reply_type text;
