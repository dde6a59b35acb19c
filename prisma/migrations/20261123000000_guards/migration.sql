-- What guards the service: limits of tokens, an audit log, slices that have failed, and where the database lives.

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
    "new_pool_start" BIGINT NOT NULL DEFAULT 0,
    "date_noted" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "audit_log_account_id_id_idx" ON "audit_log"("account_id", "id");

-- CreateIndex
CREATE INDEX "audit_log_collection_item_idx" ON "audit_log"("collection", "item");


-- What Prisma cannot say stands from here on.

-- Written at every request and worth nothing after a crash.
ALTER TABLE "rate_limit" SET UNLOGGED;
ALTER TABLE "rate_limit" SET (fillfactor = 60);
ALTER TABLE "token_use" ADD CONSTRAINT token_use_codes_check CHECK (codes >= 0);

-- What a token has at work.
CREATE INDEX batch_running_idx ON "batch" (token_id) WHERE status IN ('new', 'in_progress') AND token_id IS NOT NULL;

-- A slice that no retry mends has failed; whoever tries it again opens it.
ALTER TABLE "slice"
  DROP CONSTRAINT slice_state_check,
  ADD CONSTRAINT slice_state_check CHECK (state IN ('open', 'done', 'cancelled', 'failed'));

ALTER TABLE "installation"
  ADD CONSTRAINT installation_one_row CHECK (id),
  ADD CONSTRAINT installation_start_check CHECK (new_pool_start >= 0);

-- The audit log tells what was; nobody rewrites it.
CREATE FUNCTION codemint_forbid_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of "%" are only ever added', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_log_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
  EXECUTE FUNCTION codemint_forbid_rewriting();
