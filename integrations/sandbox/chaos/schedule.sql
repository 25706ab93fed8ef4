-- Which call of which channel fails, and how: drawn from a seed before the run. Each vendor's
-- database has its own part, and counts its own calls. Runs again where it stands already.
-- All is in schema public, even for a user who has another schema's name.

CREATE TABLE IF NOT EXISTS public.sandbox_schedule (
    channel text NOT NULL,
    call bigint NOT NULL,
    kind text NOT NULL,
    struck_at timestamptz,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (channel, call)
);
CREATE TABLE IF NOT EXISTS public.sandbox_channel (
    channel text PRIMARY KEY,
    made bigint NOT NULL DEFAULT 0,   -- calls up to now
    quiet boolean NOT NULL DEFAULT false
);

-- Counts a call; answers the fault that strikes it, or null.
CREATE OR REPLACE FUNCTION public.sandbox_strike(wanted text, what text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
    strikes text;
BEGIN
    UPDATE public.sandbox_channel SET made = made + 1
        WHERE channel = wanted AND NOT quiet RETURNING made INTO number;
    IF number IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE public.sandbox_schedule SET struck_at = clock_timestamp(), note = left(what, 200)
        WHERE channel = wanted AND call = number RETURNING kind INTO strikes;
    RETURN strikes;
END $$;
