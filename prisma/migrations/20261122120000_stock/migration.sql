-- What is left: codes that may be taken, reservations, policies, rules that keep a stock, retired master keys.

-- AlterTable
ALTER TABLE "batch" ADD COLUMN     "free_from" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "unassigned" INTEGER;

-- AlterTable
ALTER TABLE "code_status" DROP CONSTRAINT "code_status_pkey",
ADD COLUMN     "reservation" BIGINT NOT NULL DEFAULT 0,
ADD CONSTRAINT "code_status_pkey" PRIMARY KEY ("batch_id", "block", "status", "reservation");

-- AlterTable
ALTER TABLE "pool" ADD COLUMN     "imported" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "supplied" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "registry" ADD COLUMN     "reservation" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "registered_shape" (
    "namespace_id" BIGINT NOT NULL,
    "width" INTEGER NOT NULL,
    "character_sets" TEXT NOT NULL,
    "supplied" BIGINT NOT NULL DEFAULT 0,
    "imported" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "registered_shape_pkey" PRIMARY KEY ("namespace_id","width","character_sets")
);

-- CreateTable
CREATE TABLE "code_reservation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "number" BIGSERIAL NOT NULL,
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_updated" UUID,
    "date_updated" TIMESTAMPTZ(3),
    "account" UUID NOT NULL,
    "product" TEXT,
    "domain" UUID,
    "character_set" TEXT,
    "length" INTEGER,
    "quantity" INTEGER NOT NULL,
    "allow_partial" BOOLEAN NOT NULL DEFAULT false,
    "reserved_for" TEXT,
    "reference_id" TEXT,
    "purchase_order" TEXT,
    "export_type" TEXT NOT NULL DEFAULT 'csv',
    "status" TEXT NOT NULL DEFAULT 'new',
    "error_message" TEXT,
    "quantity_reserved" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "code_reservation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "issuing_policy" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_updated" UUID,
    "date_updated" TIMESTAMPTZ(3),
    "account" UUID NOT NULL,
    "product" TEXT,
    "max_guess_probability" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "issuing_policy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "replenishment_rule" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_updated" UUID,
    "date_updated" TIMESTAMPTZ(3),
    "account" UUID NOT NULL,
    "product" TEXT,
    "domain" UUID,
    "type" TEXT NOT NULL DEFAULT 'sgtin',
    "character_set" TEXT NOT NULL DEFAULT 'alphanumeric',
    "length" INTEGER NOT NULL DEFAULT 8,
    "minimum" INTEGER NOT NULL,
    "target" INTEGER NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'active',
    "error_message" TEXT,
    "last_job" UUID,

    CONSTRAINT "replenishment_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "retired_key" (
    "version" INTEGER NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "retired_key_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "schedule" (
    "task" TEXT NOT NULL,
    "last_run" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "schedule_pkey" PRIMARY KEY ("task")
);

-- CreateIndex
CREATE UNIQUE INDEX "code_reservation_number_key" ON "code_reservation"("number");

-- CreateIndex
CREATE INDEX "code_reservation_account_idx" ON "code_reservation"("account");

-- CreateIndex
CREATE INDEX "code_reservation_product_idx" ON "code_reservation"("product");

-- CreateIndex
CREATE INDEX "code_reservation_domain_idx" ON "code_reservation"("domain");

-- CreateIndex
CREATE INDEX "code_reservation_reference_id_idx" ON "code_reservation"("reference_id");

-- CreateIndex
CREATE INDEX "code_reservation_date_created_idx" ON "code_reservation"("date_created");

-- CreateIndex
CREATE INDEX "issuing_policy_product_idx" ON "issuing_policy"("product");

-- CreateIndex
CREATE INDEX "replenishment_rule_account_idx" ON "replenishment_rule"("account");

-- CreateIndex
CREATE INDEX "replenishment_rule_product_idx" ON "replenishment_rule"("product");

-- CreateIndex
CREATE INDEX "replenishment_rule_domain_idx" ON "replenishment_rule"("domain");

-- AddForeignKey
ALTER TABLE "registered_shape" ADD CONSTRAINT "registered_shape_namespace_id_fkey" FOREIGN KEY ("namespace_id") REFERENCES "namespace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "code_reservation" ADD CONSTRAINT "code_reservation_account_fkey" FOREIGN KEY ("account") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "code_reservation" ADD CONSTRAINT "code_reservation_product_fkey" FOREIGN KEY ("product") REFERENCES "product"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "code_reservation" ADD CONSTRAINT "code_reservation_domain_fkey" FOREIGN KEY ("domain") REFERENCES "domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "issuing_policy" ADD CONSTRAINT "issuing_policy_account_fkey" FOREIGN KEY ("account") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "issuing_policy" ADD CONSTRAINT "issuing_policy_product_fkey" FOREIGN KEY ("product") REFERENCES "product"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replenishment_rule" ADD CONSTRAINT "replenishment_rule_account_fkey" FOREIGN KEY ("account") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replenishment_rule" ADD CONSTRAINT "replenishment_rule_product_fkey" FOREIGN KEY ("product") REFERENCES "product"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replenishment_rule" ADD CONSTRAINT "replenishment_rule_domain_fkey" FOREIGN KEY ("domain") REFERENCES "domain"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma cannot say stands from here on.

ALTER TABLE "batch"
  ADD CONSTRAINT batch_unassigned_check CHECK (unassigned >= 0 AND free_from >= 0);
ALTER TABLE "registry"
  ADD CONSTRAINT registry_reservation_check CHECK (reservation >= 0 AND (reservation = 0 OR status <> 'unassigned'));
ALTER TABLE "code_status"
  ADD CONSTRAINT code_status_reservation_check CHECK (reservation >= 0);
ALTER TABLE "code_reservation"
  ADD CONSTRAINT code_reservation_status_check CHECK (status IN ('new', 'in_progress', 'complete', 'error')),
  ADD CONSTRAINT code_reservation_export_check CHECK (export_type IN ('csv', 'json', 'xml')),
  ADD CONSTRAINT code_reservation_quantity_check CHECK (quantity > 0 AND quantity_reserved BETWEEN 0 AND quantity),
  ADD CONSTRAINT code_reservation_subject_check CHECK ((product IS NULL) <> (domain IS NULL));
ALTER TABLE "issuing_policy"
  ADD CONSTRAINT issuing_policy_probability_check CHECK (max_guess_probability > 0 AND max_guess_probability <= 1),
  ADD CONSTRAINT issuing_policy_subject_key UNIQUE NULLS NOT DISTINCT (account, product);
ALTER TABLE "replenishment_rule"
  ADD CONSTRAINT replenishment_rule_status_check CHECK (status IN ('active', 'paused')),
  ADD CONSTRAINT replenishment_rule_type_check CHECK (
    CASE type WHEN 'short_code' THEN domain IS NOT NULL AND product IS NULL
              ELSE type IN ('sgtin', 'grai') AND product IS NOT NULL AND domain IS NULL END),
  ADD CONSTRAINT replenishment_rule_amount_check CHECK (minimum > 0 AND target >= minimum),
  ADD CONSTRAINT replenishment_rule_subject_key UNIQUE NULLS NOT DISTINCT (product, domain, type, character_set, length);

-- A code's status and reservation are looked for from either side.
CREATE INDEX code_status_reservation_idx ON "code_status" (reservation, batch_id, block) WHERE reservation > 0;
CREATE INDEX registry_reservation_idx ON "registry" (reservation, batch_id) WHERE reservation > 0;
-- Batches with codes to take; most have none left, or none that may be taken.
CREATE INDEX batch_stock_idx ON "batch" (namespace_id, id) WHERE unassigned > 0;
-- What deleted jobs had of a pool; most jobs are not deleted.
CREATE INDEX batch_deleted_idx ON "batch" (pool_id) WHERE status = 'cancelled';

-- What codes of deleted jobs were used for; from now on it goes with their chunks.
DELETE FROM "code_status" s USING "batch" b WHERE b.id = s.batch_id AND b.status = 'cancelled';
-- What codes of before are still to be had: those of jobs and imports. Orders have none but their own.
UPDATE "batch" b
   SET unassigned = CASE
         WHEN b.status = 'cancelled' THEN 0
         WHEN b.pool_id IS NOT NULL THEN greatest(0, b.quantity_created - coalesce(
                (SELECT sum(s.count) FROM code_status s WHERE s.batch_id = b.id), 0))
         ELSE (SELECT count(*) FROM registry r WHERE r.batch_id = b.id AND r.status = 'unassigned') END
 WHERE NOT EXISTS (SELECT 1 FROM adi_order o WHERE b.id IN (o.batch_id, o.short_batch_id));
UPDATE "pool" p
   SET supplied = counted.supplied, imported = counted.imported
  FROM (SELECT i.pool_id, count(*) FILTER (WHERE o.id IS NOT NULL) AS supplied,
               count(*) FILTER (WHERE o.id IS NULL) AS imported
          FROM registry_index i
          JOIN pool q ON q.id = i.pool_id
          JOIN (SELECT DISTINCT namespace_id, sequence, batch_id FROM registry) AS r
            ON r.namespace_id = q.namespace_id AND r.sequence = i.sequence
          LEFT JOIN adi_order o ON o.batch_id = r.batch_id
         GROUP BY i.pool_id) AS counted
 WHERE counted.pool_id = p.id;
INSERT INTO "registered_shape" (namespace_id, width, character_sets, supplied, imported)
SELECT r.namespace_id, octet_length(r.code), sets.names, count(*) FILTER (WHERE o.id IS NOT NULL),
       count(*) FILTER (WHERE o.id IS NULL)
  FROM "registry" r
  LEFT JOIN adi_order o ON o.batch_id = r.batch_id
 CROSS JOIN LATERAL (
       SELECT concat_ws(',',
                CASE WHEN bare ~ '^[0-9A-Za-z]+$' THEN 'alphanumeric' END,
                CASE WHEN bare ~ '^[0-9]+$' THEN 'numeric' END,
                CASE WHEN bare ~ '^[23456789BCDFGHJKLMNPQRSTVWXZbcdfghjkmnpqrstvwxz]+$' THEN 'AN-47' END,
                CASE WHEN bare ~ '^[-0-9A-Z_a-z]+$' THEN 'GS1-64w' END,
                CASE WHEN bare ~ '^[23456789BCDFGHJKLMNPQRSTVWXZ]+$' THEN 'UAN-28' END,
                CASE WHEN bare ~ '^[0-9A-Z]+$' THEN 'GS1-36w' END) AS names
         FROM (SELECT r.code COLLATE "C" AS bare) AS coded
       ) AS sets
 GROUP BY r.namespace_id, octet_length(r.code), sets.names;

INSERT INTO "schedule" (task, last_run) VALUES ('replenishment', '-infinity');
