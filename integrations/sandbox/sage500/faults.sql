-- Faults on demand: rows of sandbox_fault, taken one by one by the wrapper procedures.
-- A fault is used up by a commit of its own, so that what follows cannot bring it back.

CREATE OR REPLACE FUNCTION sandbox_is_armed() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT 1 FROM public.sandbox_fault f WHERE f.left_count > 0)
    OR EXISTS (SELECT 1 FROM public.sandbox_channel c WHERE NOT c.quiet) $$;

-- A scheduled fault of the call under way, as an error of the database with nothing written.
CREATE OR REPLACE PROCEDURE sandbox_fail(kind text) LANGUAGE plpgsql AS $$
BEGIN
    COMMIT;  -- that it struck
    CASE kind
        WHEN 'lock_timeout' THEN
            RAISE EXCEPTION 'canceling statement due to lock timeout' USING ERRCODE = '55P03';
        WHEN 'deadlock' THEN
            RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
        WHEN 'serialization' THEN
            RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
        WHEN 'statement_timeout' THEN
            RAISE EXCEPTION 'canceling statement due to statement timeout'
                USING ERRCODE = '57014';
        WHEN 'disk_full' THEN
            RAISE EXCEPTION 'could not extend file: No space left on device'
                USING ERRCODE = '53100';
        WHEN 'too_many' THEN
            RAISE EXCEPTION 'sorry, too many clients already' USING ERRCODE = '53300';
        WHEN 'stall' THEN
            PERFORM pg_sleep(0.4);
        ELSE
            CALL sandbox_break_connection();
    END CASE;
END $$;

-- Takes one armed fault of the procedure, of one of the kinds, for this key; null if there is none.
CREATE OR REPLACE FUNCTION sandbox_take_fault(
    wanted_procedure varchar, key varchar, kinds varchar[], at_step int DEFAULT 0
) RETURNS sandbox_fault LANGUAGE plpgsql AS $$
DECLARE taken sandbox_fault;
BEGIN
    UPDATE sandbox_fault f SET left_count = f.left_count - 1
        WHERE f.fault_id = (
            SELECT c.fault_id FROM sandbox_fault c
            WHERE c.left_count > 0 AND c.procedure_name = wanted_procedure
                AND c.kind = ANY (kinds) AND key LIKE c.key_like AND c.step = at_step
            ORDER BY c.fault_id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING f.* INTO taken;
    RETURN taken;
END $$;

-- Commits what the session has done, then ends the session: the caller sees the connection break.
CREATE OR REPLACE PROCEDURE sandbox_break_connection() LANGUAGE plpgsql AS $$
BEGIN
    COMMIT;
    PERFORM pg_terminate_backend(pg_backend_pid());
    PERFORM pg_sleep(60);  -- the signal arrives here
END $$;

-- Before anything is written.
CREATE OR REPLACE PROCEDURE sandbox_before(procedure_name varchar, key varchar)
LANGUAGE plpgsql AS $$
DECLARE
    fault sandbox_fault;
    scheduled text;
BEGIN
    fault := sandbox_take_fault(procedure_name, key,
        ARRAY['refuse_before', 'stall', 'lock_timeout', 'deadlock']);
    IF fault.kind IS NULL THEN
        scheduled := sandbox_strike(procedure_name || '.before', key);
        IF scheduled IS NOT NULL THEN
            CALL sandbox_fail(scheduled);
        END IF;
    ELSIF fault.kind = 'refuse_before' THEN
        CALL sandbox_break_connection();
    ELSIF fault.kind = 'stall' THEN
        COMMIT;
        PERFORM pg_sleep(fault.seconds::float);
    ELSIF fault.kind = 'lock_timeout' THEN
        COMMIT;
        RAISE EXCEPTION 'canceling statement due to lock timeout' USING ERRCODE = '55P03';
    ELSIF fault.kind = 'deadlock' THEN
        COMMIT;
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
    END IF;
END $$;

-- After the document is written: commit it and drop the reply.
CREATE OR REPLACE PROCEDURE sandbox_after(procedure_name varchar, key varchar)
LANGUAGE plpgsql AS $$
DECLARE fault sandbox_fault;
BEGIN
    fault := sandbox_take_fault(procedure_name, key, ARRAY['drop']);
    IF fault.kind = 'drop' OR sandbox_strike(procedure_name || '.after', key) = 'drop' THEN
        CALL sandbox_break_connection();
    END IF;
END $$;

-- Before a posting step: the steps before it are committed, this one is not reached.
CREATE OR REPLACE PROCEDURE sandbox_before_step(procedure_name varchar, key varchar, step int)
LANGUAGE plpgsql AS $$
DECLARE fault sandbox_fault;
BEGIN
    fault := sandbox_take_fault(procedure_name, key, ARRAY['stop_posting_at'], step);
    IF fault.kind = 'stop_posting_at'
        OR sandbox_strike(procedure_name || '.step', format('%s %s', step, key)) = 'stop'
    THEN
        CALL sandbox_break_connection();
    END IF;
END $$;
