-- Serials that fit an EPC scheme, and the length of company prefixes.

-- DropIndex
DROP INDEX "pool_namespace_id_prefix_alphabet_length_suffix_key_version_key";

-- AlterTable
ALTER TABLE "identifier_job" ADD COLUMN     "epc" TEXT;

-- AlterTable
ALTER TABLE "issuing_policy" ADD COLUMN     "company_prefix_length" INTEGER,
ALTER COLUMN "max_guess_probability" DROP NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "pool_shape_key" ON "pool"("namespace_id", "prefix", "alphabet", "length", "suffix", "key_version", "algorithm");

-- What Prisma cannot say stands from here on.

ALTER TABLE "identifier_job"
  ADD CONSTRAINT identifier_job_epc_check CHECK (epc IS NULL OR (epc = 'sgtin-96' AND type = 'sgtin'));
ALTER TABLE "issuing_policy"
  ADD CONSTRAINT issuing_policy_prefix_check CHECK (company_prefix_length BETWEEN 4 AND 12),
  ADD CONSTRAINT issuing_policy_content_check CHECK (
    max_guess_probability IS NOT NULL OR company_prefix_length IS NOT NULL);

-- As before, with the EPC scheme.
CREATE OR REPLACE VIEW identifier_job_item AS
SELECT j.id, j.user_created, j.date_created, j.user_updated, j.date_updated, j.length, j.quantity,
       j.account_id AS account, j.reference_id, j.type, j.product, j.character_set, b.status,
       j.sscc_start_serial, j.sscc_extension_digit, j.sscc_company_prefix, j.domain, b.error_message,
       CASE WHEN b.status = 'new' THEN NULL ELSE b.quantity_created END AS quantity_created,
       j.batch_id, b.link_host, j.epc
  FROM identifier_job j LEFT JOIN batch b ON b.id = j.batch_id;
