-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_updated" UUID,
    "date_updated" TIMESTAMPTZ(3),
    "account_name" TEXT NOT NULL,
    "account_description" TEXT,
    "timezone" TEXT,
    "account_redirection_url" TEXT,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "first_name" TEXT,
    "last_name" TEXT,
    "email" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'active',
    "account_id" UUID,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_token" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "token_hash" BYTEA NOT NULL,

    CONSTRAINT "access_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "product" (
    "id" TEXT NOT NULL,
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_updated" UUID,
    "date_updated" TIMESTAMPTZ(3),
    "product_name" TEXT,
    "brand" TEXT,
    "gtin" TEXT,
    "custom_id" TEXT,
    "digital_link" TEXT,
    "product_redirection_url" TEXT,
    "account_id" UUID NOT NULL,

    CONSTRAINT "product_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "domain" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_updated" UUID,
    "date_updated" TIMESTAMPTZ(3),
    "domain_name" TEXT NOT NULL,
    "account_id" UUID NOT NULL,

    CONSTRAINT "domain_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "identifier_job" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_updated" UUID,
    "date_updated" TIMESTAMPTZ(3),
    "length" INTEGER NOT NULL DEFAULT 8,
    "quantity" INTEGER,
    "account_id" UUID,
    "reference_id" TEXT,
    "type" TEXT NOT NULL DEFAULT 'sgtin',
    "product" TEXT,
    "character_set" TEXT NOT NULL DEFAULT 'alphanumeric',
    "sscc_start_serial" BIGINT DEFAULT 0,
    "sscc_extension_digit" INTEGER,
    "sscc_company_prefix" TEXT,
    "domain" UUID,
    "batch_id" BIGINT NOT NULL,

    CONSTRAINT "identifier_job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "namespace" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "namespace_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pool" (
    "id" BIGSERIAL NOT NULL,
    "namespace_id" BIGINT NOT NULL,
    "prefix" TEXT NOT NULL,
    "alphabet" TEXT NOT NULL,
    "length" INTEGER NOT NULL,
    "suffix" TEXT NOT NULL,
    "key_version" INTEGER NOT NULL,
    "algorithm" TEXT NOT NULL,
    "space" BIGINT NOT NULL,
    "next_index" BIGINT NOT NULL DEFAULT 0,
    "check_value" BYTEA NOT NULL,

    CONSTRAINT "pool_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "batch" (
    "id" BIGSERIAL NOT NULL,
    "account_id" UUID,
    "namespace_id" BIGINT,
    "pool_id" BIGINT,
    "quantity" INTEGER,
    "quantity_created" INTEGER NOT NULL DEFAULT 0,
    "open_slices" INTEGER NOT NULL DEFAULT 0,
    "status" TEXT NOT NULL DEFAULT 'new',
    "error_message" TEXT,
    "link_host" TEXT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_completed" TIMESTAMPTZ(3),

    CONSTRAINT "batch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "slice" (
    "id" BIGSERIAL NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "pool_id" BIGINT NOT NULL,
    "first_index" BIGINT NOT NULL,
    "count" INTEGER NOT NULL,
    "batch_offset" BIGINT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "snapshot" JSONB NOT NULL,
    "progress" INTEGER NOT NULL DEFAULT 0,
    "state" TEXT NOT NULL DEFAULT 'open',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "touched_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "slice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chunk" (
    "batch_id" BIGINT NOT NULL,
    "batch_offset" BIGINT NOT NULL,
    "first_index" BIGINT NOT NULL,
    "span" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,
    "width" INTEGER NOT NULL,
    "skipped" BIGINT[],
    "codes" BYTEA NOT NULL,

    CONSTRAINT "chunk_pkey" PRIMARY KEY ("batch_id","batch_offset")
);

-- CreateTable
CREATE TABLE "registry" (
    "namespace_id" BIGINT NOT NULL,
    "code" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "place" INTEGER NOT NULL,
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "status" TEXT NOT NULL DEFAULT 'unassigned',
    "custom_id" TEXT,

    CONSTRAINT "registry_pkey" PRIMARY KEY ("namespace_id","code")
);

-- CreateTable
CREATE TABLE "registry_index" (
    "pool_id" BIGINT NOT NULL,
    "index" BIGINT NOT NULL,
    "sequence" BIGINT NOT NULL,

    CONSTRAINT "registry_index_pkey" PRIMARY KEY ("pool_id","index")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE INDEX "users_account_id_idx" ON "users"("account_id");

-- CreateIndex
CREATE UNIQUE INDEX "access_token_token_hash_key" ON "access_token"("token_hash");

-- CreateIndex
CREATE INDEX "access_token_user_id_idx" ON "access_token"("user_id");

-- CreateIndex
CREATE INDEX "product_account_id_idx" ON "product"("account_id");

-- CreateIndex
CREATE UNIQUE INDEX "domain_domain_name_key" ON "domain"("domain_name");

-- CreateIndex
CREATE INDEX "domain_account_id_idx" ON "domain"("account_id");

-- CreateIndex
CREATE UNIQUE INDEX "identifier_job_batch_id_key" ON "identifier_job"("batch_id");

-- CreateIndex
CREATE INDEX "identifier_job_account_id_idx" ON "identifier_job"("account_id");

-- CreateIndex
CREATE INDEX "identifier_job_product_idx" ON "identifier_job"("product");

-- CreateIndex
CREATE INDEX "identifier_job_domain_idx" ON "identifier_job"("domain");

-- CreateIndex
CREATE INDEX "identifier_job_date_created_idx" ON "identifier_job"("date_created");

-- CreateIndex
CREATE INDEX "identifier_job_reference_id_idx" ON "identifier_job"("reference_id");

-- CreateIndex
CREATE UNIQUE INDEX "namespace_kind_key_key" ON "namespace"("kind", "key");

-- CreateIndex
CREATE UNIQUE INDEX "pool_namespace_id_prefix_alphabet_length_suffix_key_version_key" ON "pool"("namespace_id", "prefix", "alphabet", "length", "suffix", "key_version");

-- CreateIndex
CREATE INDEX "batch_account_id_namespace_id_idx" ON "batch"("account_id", "namespace_id");

-- CreateIndex
CREATE INDEX "slice_pool_id_first_index_idx" ON "slice"("pool_id", "first_index");

-- CreateIndex
CREATE UNIQUE INDEX "slice_batch_id_ordinal_key" ON "slice"("batch_id", "ordinal");

-- CreateIndex
CREATE UNIQUE INDEX "registry_id_key" ON "registry"("id");

-- CreateIndex
CREATE INDEX "registry_batch_id_id_idx" ON "registry"("batch_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "registry_batch_id_place_key" ON "registry"("batch_id", "place");

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "product" ADD CONSTRAINT "product_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "domain" ADD CONSTRAINT "domain_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "identifier_job" ADD CONSTRAINT "identifier_job_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "identifier_job" ADD CONSTRAINT "identifier_job_product_fkey" FOREIGN KEY ("product") REFERENCES "product"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "identifier_job" ADD CONSTRAINT "identifier_job_domain_fkey" FOREIGN KEY ("domain") REFERENCES "domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "identifier_job" ADD CONSTRAINT "identifier_job_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pool" ADD CONSTRAINT "pool_namespace_id_fkey" FOREIGN KEY ("namespace_id") REFERENCES "namespace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "batch" ADD CONSTRAINT "batch_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "batch" ADD CONSTRAINT "batch_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pool"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "slice" ADD CONSTRAINT "slice_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "slice" ADD CONSTRAINT "slice_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pool"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "registry" ADD CONSTRAINT "registry_namespace_id_fkey" FOREIGN KEY ("namespace_id") REFERENCES "namespace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "registry_index" ADD CONSTRAINT "registry_index_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pool"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What Prisma cannot say stands from here on.

-- gen_random_uuid() is built in; btree_gist lets an exclusion constraint compare a pool's id with "=".
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Values that only the service writes, held to their meaning.
ALTER TABLE "users"
  ADD CONSTRAINT users_role_check CHECK (role IN ('admin', 'operator', 'reader')),
  ADD CONSTRAINT users_status_check CHECK (status IN ('active', 'suspended'));
ALTER TABLE "namespace"
  ADD CONSTRAINT namespace_kind_check CHECK (kind IN ('sgtin', 'grai', 'sscc', 'short_code', 'adi'));
ALTER TABLE "pool"
  ADD CONSTRAINT pool_next_index_check CHECK (next_index BETWEEN 0 AND space),
  -- 2^53-1 indexes, so that each is exact as a double; SSCCs (10^17) are counted in 64 bits.
  ADD CONSTRAINT pool_space_check CHECK (space > 0 AND (algorithm = 'sscc' OR space <= 9007199254740991));
ALTER TABLE "batch"
  ADD CONSTRAINT batch_status_check CHECK (status IN ('new', 'in_progress', 'complete', 'error', 'cancelled')),
  ADD CONSTRAINT batch_created_check CHECK (quantity > 0 AND quantity_created BETWEEN 0 AND quantity),
  ADD CONSTRAINT batch_open_slices_check CHECK (open_slices >= 0);
ALTER TABLE "slice"
  ADD CONSTRAINT slice_state_check CHECK (state IN ('open', 'done', 'cancelled')),
  ADD CONSTRAINT slice_count_check CHECK (count BETWEEN 1 AND 100000 AND first_index >= 0),
  ADD CONSTRAINT slice_progress_check CHECK (progress BETWEEN 0 AND count),
  -- No two slices own an index. A tripwire: the allotment does not rely on it, except for SSCC ranges.
  ADD CONSTRAINT slice_no_overlap EXCLUDE USING gist (
    pool_id WITH =, int8range(first_index, first_index + count) WITH &&
  );
ALTER TABLE "registry"
  ADD CONSTRAINT registry_status_check CHECK (status IN ('unassigned', 'reserved', 'assigned', 'encoded'));
ALTER TABLE "chunk"
  ADD CONSTRAINT chunk_size_check CHECK (octet_length(codes) = count * width),
  ADD CONSTRAINT chunk_span_check CHECK (span > 0 AND count = span - cardinality(skipped));

-- Codes are random bytes: compressing them only costs time.
ALTER TABLE "chunk" ALTER COLUMN codes SET STORAGE EXTERNAL;
-- Rows that are updated chunk by chunk find room for their next version on their own page.
ALTER TABLE "slice" SET (fillfactor = 60);
ALTER TABLE "batch" SET (fillfactor = 60);
ALTER TABLE "namespace" SET (fillfactor = 60);
ALTER TABLE "pool" SET (fillfactor = 60);

-- Few slices are open at a time; the sweep reads only those.
CREATE INDEX slice_open_idx ON "slice" (id) WHERE state = 'open';
CREATE INDEX batch_unfinished_idx ON "batch" (id) WHERE status IN ('new', 'in_progress');
-- Deleted jobs whose chunks are still to be removed have status cancelled and quantity_created above 0.
CREATE INDEX batch_cancelled_idx ON "batch" (id) WHERE status = 'cancelled' AND quantity_created > 0;

-- Who owned a number is never forgotten, so that it is never given out again.
CREATE FUNCTION codemint_forbid_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of "%" are never deleted: they say which numbers are given out', TG_TABLE_NAME;
END $$;
CREATE TRIGGER namespace_keep BEFORE DELETE OR TRUNCATE ON "namespace" EXECUTE FUNCTION codemint_forbid_removal();
CREATE TRIGGER pool_keep BEFORE DELETE OR TRUNCATE ON "pool" EXECUTE FUNCTION codemint_forbid_removal();
CREATE TRIGGER slice_keep BEFORE DELETE OR TRUNCATE ON "slice" EXECUTE FUNCTION codemint_forbid_removal();
CREATE TRIGGER batch_keep BEFORE DELETE OR TRUNCATE ON "batch" EXECUTE FUNCTION codemint_forbid_removal();
CREATE TRIGGER registry_keep BEFORE DELETE OR TRUNCATE ON "registry" EXECUTE FUNCTION codemint_forbid_removal();
CREATE TRIGGER registry_index_keep BEFORE DELETE OR TRUNCATE ON "registry_index" EXECUTE FUNCTION codemint_forbid_removal();

CREATE FUNCTION codemint_pool_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.next_index < OLD.next_index THEN
    RAISE EXCEPTION 'next_index of pool % cannot fall from % to %', OLD.id, OLD.next_index, NEW.next_index;
  END IF;
  IF (NEW.id, NEW.namespace_id, NEW.prefix, NEW.alphabet, NEW.length, NEW.suffix, NEW.key_version,
      NEW.algorithm, NEW.space, NEW.check_value)
     IS DISTINCT FROM
     (OLD.id, OLD.namespace_id, OLD.prefix, OLD.alphabet, OLD.length, OLD.suffix, OLD.key_version,
      OLD.algorithm, OLD.space, OLD.check_value) THEN
    RAISE EXCEPTION 'the identity of pool % cannot change', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER pool_guard BEFORE UPDATE ON "pool" FOR EACH ROW EXECUTE FUNCTION codemint_pool_guard();

CREATE FUNCTION codemint_namespace_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.last_sequence < OLD.last_sequence OR (NEW.id, NEW.kind, NEW.key) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.key) THEN
    RAISE EXCEPTION 'namespace % % cannot change its identity nor count back', OLD.kind, OLD.key;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER namespace_guard BEFORE UPDATE ON "namespace" FOR EACH ROW EXECUTE FUNCTION codemint_namespace_guard();

-- What a slice yields follows from these: they are what it is.
CREATE FUNCTION codemint_slice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.batch_id, NEW.ordinal, NEW.pool_id, NEW.first_index, NEW.count, NEW.batch_offset, NEW.sequence,
      NEW.snapshot)
     IS DISTINCT FROM
     (OLD.id, OLD.batch_id, OLD.ordinal, OLD.pool_id, OLD.first_index, OLD.count, OLD.batch_offset, OLD.sequence,
      OLD.snapshot) THEN
    RAISE EXCEPTION 'the identity of slice % cannot change', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER slice_guard BEFORE UPDATE ON "slice" FOR EACH ROW EXECUTE FUNCTION codemint_slice_guard();

CREATE FUNCTION codemint_registry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.namespace_id, NEW.code, NEW.sequence, NEW.batch_id)
     IS DISTINCT FROM (OLD.namespace_id, OLD.code, OLD.sequence, OLD.batch_id) THEN
    RAISE EXCEPTION 'the owner of the registered code "%" cannot change', OLD.code;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER registry_guard BEFORE UPDATE ON "registry" FOR EACH ROW EXECUTE FUNCTION codemint_registry_guard();

-- Codes belong to a GTIN: a product cannot take them to another one.
CREATE FUNCTION codemint_product_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id OR (NEW.gtin IS DISTINCT FROM OLD.gtin AND EXISTS (
    SELECT 1 FROM namespace
     WHERE (kind = 'sgtin' AND '/01/' || key = OLD.id) OR (kind = 'grai' AND '/8003/0' || key = OLD.id)
        OR (kind = 'sgtin' AND key = OLD.gtin))) THEN
    RAISE EXCEPTION 'product % has codes: its gtin cannot change', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER product_guard BEFORE UPDATE OF id, gtin ON "product" FOR EACH ROW EXECUTE FUNCTION codemint_product_guard();

-- Nor can a product or domain go whose numbers are given out: another account could take its place.
CREATE FUNCTION codemint_owner_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'product' THEN
    IF EXISTS (SELECT 1 FROM namespace
                WHERE (kind = 'sgtin' AND '/01/' || key = OLD.id) OR (kind = 'grai' AND '/8003/0' || key = OLD.id)) THEN
      RAISE EXCEPTION 'product % has codes', OLD.id USING ERRCODE = 'foreign_key_violation',
        DETAIL = format('Key (id)=(%s) is still referenced from table "identifier_job".', OLD.id),
        CONSTRAINT = 'identifier_job_product_fkey';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM namespace WHERE kind = 'short_code' AND key = OLD.domain_name) THEN
    RAISE EXCEPTION 'domain % has codes', OLD.domain_name USING ERRCODE = 'foreign_key_violation',
      DETAIL = format('Key (id)=(%s) is still referenced from table "identifier_job".', OLD.id),
      CONSTRAINT = 'identifier_job_domain_fkey';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER product_owner_guard BEFORE DELETE ON "product" FOR EACH ROW EXECUTE FUNCTION codemint_owner_guard();
CREATE TRIGGER domain_owner_guard BEFORE DELETE ON "domain" FOR EACH ROW EXECUTE FUNCTION codemint_owner_guard();

-- The collection identifier_job: what was asked for with how far it has come. There always is a batch; the outer join
-- lets the planner leave it out where nothing of it is asked for.
CREATE VIEW identifier_job_item AS
SELECT j.id, j.user_created, j.date_created, j.user_updated, j.date_updated, j.length, j.quantity,
       j.account_id AS account, j.reference_id, j.type, j.product, j.character_set, b.status,
       j.sscc_start_serial, j.sscc_extension_digit, j.sscc_company_prefix, j.domain, b.error_message,
       CASE WHEN b.status = 'new' THEN NULL ELSE b.quantity_created END AS quantity_created,
       j.batch_id, b.link_host
  FROM identifier_job j LEFT JOIN batch b ON b.id = j.batch_id;

-- For people with SQL: one row a generated code. The service reads chunks, never this view.
CREATE VIEW issued_code AS
SELECT c.batch_id, j.id AS identifier_job, n.kind, n.key, c.batch_offset + made.step AS place,
       convert_from(substring(c.codes FROM (made.ordinal * c.width + 1)::int FOR c.width), 'UTF8') AS code
  FROM chunk c
  JOIN batch b ON b.id = c.batch_id
  JOIN namespace n ON n.id = b.namespace_id
  LEFT JOIN identifier_job j ON j.batch_id = c.batch_id
 CROSS JOIN LATERAL (
         SELECT step, row_number() OVER (ORDER BY step) - 1 AS ordinal
           FROM generate_series(0, c.span - 1) AS step
          WHERE c.first_index + step <> ALL (c.skipped)
       ) AS made;
