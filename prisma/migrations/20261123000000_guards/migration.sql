-- What guards the service: limits of tokens, an audit log, slices that have failed, and where the database lives.

-- All locks first, and all or none: one that is taken while others are held could end in a deadlock with the release that
-- is running, and on a full database this would be the victim. Others wait behind it for a second at most.
DO $$
BEGIN
  PERFORM set_config('lock_timeout', '1s', true);
  LOOP
    BEGIN
      LOCK TABLE "access_token", "batch", "slice", "pool" IN ACCESS EXCLUSIVE MODE;
      LOCK TABLE "account", "users", "project", "action_type", "retired_key", "product", "domain", "identifier_job",
                 "code_reservation", "issuing_policy", "replenishment_rule", "adi_order", "adi_order_event"
        IN SHARE ROW EXCLUSIVE MODE;
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      PERFORM pg_sleep(2);
    END;
  END LOOP;
END $$;

-- AlterTable
ALTER TABLE "access_token" ADD COLUMN     "date_expires" TIMESTAMPTZ(3),
ADD COLUMN     "last_used" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "batch" ADD COLUMN     "token_id" UUID;

-- CreateTable
CREATE TABLE "token_use" (
    "token_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "codes" BIGINT NOT NULL,

    CONSTRAINT "token_use_pkey" PRIMARY KEY ("token_id")
);

-- CreateTable
CREATE TABLE "rate_limit" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "rate_limit_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "audit_log" (
    "id" BIGSERIAL NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_id" UUID,
    "token_id" UUID,
    "account_id" UUID,
    "action" TEXT NOT NULL,
    "collection" TEXT NOT NULL,
    "item" TEXT,
    "details" JSONB,
    "request_id" TEXT,
    "address" TEXT,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "installation" (
    "id" BOOLEAN NOT NULL DEFAULT true,
    "system_identifier" TEXT NOT NULL,
    "timeline" INTEGER NOT NULL,
    "oids" TEXT NOT NULL,
    "new_pool_start" BIGINT NOT NULL DEFAULT 0,
    "new_sscc_start" BIGINT NOT NULL DEFAULT 0,
    "lost_versions" INTEGER[] DEFAULT ARRAY[]::INTEGER[],
    "date_noted" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- AlterTable
ALTER TABLE "pool" ADD COLUMN     "set_aside" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "sscc_set_aside" (
    "first_index" BIGINT NOT NULL,
    "behind" BIGINT NOT NULL,

    CONSTRAINT "sscc_set_aside_pkey" PRIMARY KEY ("first_index")
);

-- CreateTable
CREATE TABLE "set_aside_batch" (
    "batch_id" BIGINT NOT NULL,

    CONSTRAINT "set_aside_batch_pkey" PRIMARY KEY ("batch_id")
);

-- CreateIndex
CREATE INDEX "audit_log_account_id_id_idx" ON "audit_log"("account_id", "id");

-- CreateIndex
CREATE INDEX "audit_log_collection_item_idx" ON "audit_log"("collection", "item");

-- AddForeignKey
ALTER TABLE "set_aside_batch" ADD CONSTRAINT "set_aside_batch_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What Prisma cannot say stands from here on.

-- Written at every request and worth nothing after a crash.
ALTER TABLE "rate_limit" SET UNLOGGED;
ALTER TABLE "rate_limit" SET (fillfactor = 60);
ALTER TABLE "token_use" ADD CONSTRAINT token_use_codes_check CHECK (codes >= 0);

-- What a token has at work.
CREATE INDEX batch_running_idx ON "batch" (token_id) WHERE status IN ('new', 'in_progress') AND token_id IS NOT NULL;

-- Counts what a token asks for today, then what it has at work. The token's row stays locked until the transaction
-- ends: what others have at work is counted behind that lock, where no other request of the token can come between.
CREATE FUNCTION codemint_use_token(token uuid, asked bigint, with_running boolean,
                                   OUT running int, OUT codes bigint, OUT seconds_left int) LANGUAGE plpgsql AS $$
DECLARE
  now_utc timestamp := clock_timestamp() AT TIME ZONE 'utc';
BEGIN
  -- A request that waited over midnight does not turn the day back.
  INSERT INTO token_use AS u (token_id, day, codes) VALUES (token, now_utc::date, asked)
  ON CONFLICT (token_id) DO UPDATE
    SET codes = CASE WHEN u.day >= excluded.day THEN u.codes ELSE 0 END + excluded.codes,
        day = greatest(u.day, excluded.day)
  RETURNING u.codes INTO codes;
  IF with_running THEN
    SELECT count(*) INTO running FROM batch b WHERE b.token_id = token AND b.status IN ('new', 'in_progress');
  END IF;
  seconds_left := ceil(extract(epoch FROM date_trunc('day', now_utc) + interval '1 day' - now_utc));
END $$;

-- A slice that no retry mends has failed; whoever tries it again opens it.
ALTER TABLE "slice"
  DROP CONSTRAINT slice_state_check,
  ADD CONSTRAINT slice_state_check CHECK (state IN ('open', 'done', 'cancelled', 'failed'));
-- What was left open in a batch that had failed waits for a retry.
UPDATE "slice" SET state = 'failed'
  FROM "batch" b WHERE b.id = batch_id AND b.status = 'error' AND state = 'open';
UPDATE "batch" SET open_slices = 0 WHERE status = 'error' AND open_slices > 0;

-- What went wrong is counted for those who watch.
CREATE INDEX slice_failed_idx ON "slice" (id) WHERE state = 'failed';
CREATE INDEX batch_error_idx ON "batch" (id) WHERE status = 'error';

ALTER TABLE "installation"
  ADD CONSTRAINT installation_one_row CHECK (id),
  ADD CONSTRAINT installation_start_check CHECK (new_pool_start >= 0 AND new_sscc_start >= 0);
ALTER TABLE "pool" ADD CONSTRAINT pool_set_aside_check CHECK (set_aside BETWEEN 0 AND next_index);
ALTER TABLE "sscc_set_aside" ADD CONSTRAINT sscc_set_aside_check CHECK (first_index >= 0 AND first_index < behind);

-- The audit log tells what was; nobody rewrites it.
CREATE FUNCTION codemint_forbid_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of "%" are only ever added', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_log_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
  EXECUTE FUNCTION codemint_forbid_rewriting();

-- As the collection audit_log reads it.
CREATE VIEW audit_log_item AS
  SELECT id, date_created, user_id, token_id, account_id, action, collection, item, details::text AS details, request_id,
         address
    FROM audit_log;

-- Every change of these tables is told in the audit log, in its own transaction, whatever code makes it. Who makes it
-- says the setting "codemint.actor" of the transaction: {"user", "token", "request", "address"}. Where nobody is named
-- (the service by itself, the command line, SQL by hand) the details tell which application it was.
--
-- Arguments, all about the row `r`: its key, its account, what the details tell of a row that is made or deleted, and
-- the columns whose changes are the service's own and are not told.
CREATE FUNCTION codemint_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor jsonb := coalesce(nullif(current_setting('codemint.actor', true), ''), '{}');
  origin jsonb := CASE WHEN actor = '{}' THEN jsonb_build_object('application', current_setting('application_name'))
                       ELSE '{}' END;
  changed text[] := CASE TG_OP
    WHEN 'INSERT' THEN ARRAY['create', 'new_rows AS r']
    WHEN 'DELETE' THEN ARRAY['delete', 'old_rows AS r']
    ELSE ARRAY['update', 'new_rows AS r JOIN old_rows AS o USING (id)'] END;
  details text := CASE TG_OP
    WHEN 'UPDATE' THEN $sql$
      SELECT jsonb_build_object('changed', jsonb_object_agg(key, jsonb_build_array(was.value, now.value))) AS details
        FROM jsonb_each(to_jsonb(o)) AS was JOIN jsonb_each(to_jsonb(r)) AS now USING (key)
       WHERE was.value <> now.value AND key <> ALL ($5) HAVING count(*) > 0 $sql$
    ELSE format('SELECT jsonb_strip_nulls(to_jsonb(one)) AS details FROM (SELECT %s) AS one', TG_ARGV[2]) END;
BEGIN
  EXECUTE format($sql$
    INSERT INTO audit_log (user_id, token_id, request_id, address, action, collection, account_id, item, details)
    SELECT ($1->>'user')::uuid, ($1->>'token')::uuid, $1->>'request', $1->>'address', $2, $3, %s, (%s)::text,
           told.details || $4
      FROM %s CROSS JOIN LATERAL (%s) AS told $sql$, TG_ARGV[1], TG_ARGV[0], changed[2], details)
    USING actor, changed[1], TG_TABLE_NAME::text, origin, string_to_array(TG_ARGV[3], ' ');
  RETURN NULL;
END $$;

-- A token's hash, and when it was last used, are nobody's to read: its row is told when it is made and when it goes.
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT * FROM (VALUES
    ('account', 'id', 'r.id', 'r.account_name', ''),
    ('users', 'id', 'r.account_id', 'r.email, r.role', ''),
    ('access_token', 'id', '(SELECT u.account_id FROM users u WHERE u.id = r.user_id)',
     'r.name, r.user_id, r.date_expires', NULL),
    ('project', 'id', 'r.account_id', 'r.name', ''),
    ('action_type', 'name', 'NULL::uuid', 'r.name', NULL),
    ('retired_key', 'version', 'NULL::uuid', 'r.version', NULL),
    ('product', 'id', 'r.account_id', 'r.product_name', 'user_updated date_updated'),
    ('domain', 'id', 'r.account_id', 'r.domain_name', 'user_updated date_updated'),
    ('identifier_job', 'id', 'r.account_id', 'r.type, r.quantity, r.product, r.domain', 'user_updated date_updated'),
    ('code_reservation', 'id', 'r.account', 'r.product, r.domain, r.quantity',
     'user_updated date_updated status quantity_reserved'),
    ('issuing_policy', 'id', 'r.account', 'r.product, r.max_guess_probability, r.company_prefix_length',
     'user_updated date_updated'),
    ('replenishment_rule', 'id', 'r.account', 'r.product, r.domain, r.minimum, r.target',
     'user_updated date_updated last_job error_message'),
    ('adi_order', 'id', 'r.account_id', 'r.purchase_order, r.quantity, r.product', NULL),
    ('adi_order_event', 'id', '(SELECT o.account_id FROM adi_order o WHERE o.id = r.order_id)',
     'r.order_id, r.type, cardinality(r.numbers) AS quantity', NULL)
  ) AS audited (name, key, account, told, untold)
  LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
                    EXECUTE FUNCTION codemint_audit(%L, %L, %L)',
                   one.name || '_audit_made', one.name, one.key, one.account, one.told);
    EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
                    EXECUTE FUNCTION codemint_audit(%L, %L, %L)',
                   one.name || '_audit_deleted', one.name, one.key, one.account, one.told);
    CONTINUE WHEN one.untold IS NULL;
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION codemint_audit(%L, %L, %L, %L)',
                   one.name || '_audit_changed', one.name, one.key, one.account, one.told, one.untold);
  END LOOP;
END $$;
