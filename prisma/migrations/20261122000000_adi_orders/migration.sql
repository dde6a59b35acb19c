-- ADI orders and their events, projects, action types, and what the codes of any batch are used for.

-- CreateTable
CREATE TABLE "code_status" (
    "batch_id" BIGINT NOT NULL,
    "block" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "places" int4multirange NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "code_status_pkey" PRIMARY KEY ("batch_id","block","status")
);

-- CreateTable
CREATE TABLE "project" (
    "id" TEXT NOT NULL,
    "account_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "action_type" (
    "name" TEXT NOT NULL,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "action_type_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "adi_order" (
    "id" TEXT NOT NULL,
    "number" BIGSERIAL NOT NULL,
    "account_id" UUID NOT NULL,
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "purchase_order" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "identifier_key" TEXT NOT NULL,
    "product" TEXT,
    "project" TEXT,
    "batch_id" BIGINT NOT NULL,
    "short_batch_id" BIGINT,
    "short_domain" TEXT,
    "default_redirect_url" TEXT,
    "metadata" JSONB NOT NULL,
    "id_generation" JSONB,
    "ids" TEXT[],
    "refused" JSONB,
    "custom_fields" JSONB,
    "identifiers" JSONB,
    "tags" TEXT[],
    "file_metadata" JSONB,
    "key_version" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "touched_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "adi_order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "adi_order_event" (
    "id" TEXT NOT NULL,
    "number" BIGSERIAL NOT NULL,
    "order_id" TEXT NOT NULL,
    "user_created" UUID,
    "date_created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "date_completed" TIMESTAMPTZ(3),
    "type" TEXT NOT NULL,
    "metadata" JSONB NOT NULL,
    "numbers" INTEGER[],
    "acted" int4multirange,
    "status" TEXT NOT NULL DEFAULT 'new',
    "error_message" TEXT,
    "custom_fields" JSONB,
    "identifiers" JSONB,
    "tags" TEXT[],
    "key_version" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "touched_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "adi_order_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "project_account_id_idx" ON "project"("account_id");

-- CreateIndex
CREATE UNIQUE INDEX "adi_order_number_key" ON "adi_order"("number");

-- CreateIndex
CREATE UNIQUE INDEX "adi_order_batch_id_key" ON "adi_order"("batch_id");

-- CreateIndex
CREATE UNIQUE INDEX "adi_order_short_batch_id_key" ON "adi_order"("short_batch_id");

-- CreateIndex
CREATE INDEX "adi_order_account_id_number_idx" ON "adi_order"("account_id", "number");

-- CreateIndex
CREATE INDEX "adi_order_account_id_purchase_order_idx" ON "adi_order"("account_id", "purchase_order");

-- CreateIndex
CREATE INDEX "adi_order_product_idx" ON "adi_order"("product");

-- CreateIndex
CREATE INDEX "adi_order_project_idx" ON "adi_order"("project");

-- CreateIndex
CREATE INDEX "adi_order_short_domain_idx" ON "adi_order"("short_domain");

-- CreateIndex
CREATE INDEX "adi_order_tags_idx" ON "adi_order" USING GIN ("tags");

-- CreateIndex
CREATE INDEX "adi_order_identifiers_idx" ON "adi_order" USING GIN ("identifiers" jsonb_path_ops);

-- CreateIndex
CREATE UNIQUE INDEX "adi_order_event_number_key" ON "adi_order_event"("number");

-- CreateIndex
CREATE INDEX "adi_order_event_order_id_number_idx" ON "adi_order_event"("order_id", "number");

-- AddForeignKey
ALTER TABLE "code_status" ADD CONSTRAINT "code_status_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project" ADD CONSTRAINT "project_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "adi_order" ADD CONSTRAINT "adi_order_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "adi_order" ADD CONSTRAINT "adi_order_product_fkey" FOREIGN KEY ("product") REFERENCES "product"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "adi_order" ADD CONSTRAINT "adi_order_project_fkey" FOREIGN KEY ("project") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "adi_order" ADD CONSTRAINT "adi_order_short_domain_fkey" FOREIGN KEY ("short_domain") REFERENCES "domain"("domain_name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "adi_order" ADD CONSTRAINT "adi_order_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "adi_order" ADD CONSTRAINT "adi_order_short_batch_id_fkey" FOREIGN KEY ("short_batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "adi_order_event" ADD CONSTRAINT "adi_order_event_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "adi_order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What Prisma cannot say stands from here on.

ALTER TABLE "code_status"
  ADD CONSTRAINT code_status_status_check CHECK (status IN ('reserved', 'assigned', 'encoded')),
  ADD CONSTRAINT code_status_count_check CHECK (count > 0 AND NOT isempty(places)),
  ADD CONSTRAINT code_status_block_check CHECK (
    places <@ int4multirange(int4range((block * 10000::bigint)::int, ((block + 1) * 10000::bigint)::int)));
ALTER TABLE "adi_order"
  ADD CONSTRAINT adi_order_quantity_check CHECK (quantity BETWEEN 1 AND 20000),
  ADD CONSTRAINT adi_order_ids_check CHECK (ids IS NULL OR cardinality(ids) = quantity),
  ADD CONSTRAINT adi_order_short_check CHECK (
    (short_batch_id IS NULL) = (short_domain IS NULL) AND (short_domain IS NULL) = (default_redirect_url IS NULL));
ALTER TABLE "adi_order_event"
  ADD CONSTRAINT adi_order_event_status_check CHECK (status IN ('new', 'complete', 'error')),
  ADD CONSTRAINT adi_order_event_acted_check CHECK ((status = 'complete') = (acted IS NOT NULL));
ALTER TABLE "action_type"
  ADD CONSTRAINT action_type_name_check CHECK (name ~ '^_.');

-- The rows' small counters change a few times; their next version finds room on the same page.
ALTER TABLE "adi_order" SET (fillfactor = 80);
ALTER TABLE "adi_order_event" SET (fillfactor = 80);
ALTER TABLE "code_status" SET (fillfactor = 80);

-- Few events are waiting at a time; the sweep reads only those.
CREATE INDEX adi_order_event_waiting_idx ON "adi_order_event" (touched_at) WHERE status = 'new';

-- An order with how far it has come: that of the batch of its codes and, with short ids, of theirs. A Thng is there
-- when both are.
CREATE VIEW adi_order_item AS
SELECT o.*, o.ids IS NOT NULL AS is_supplied, b.namespace_id, b.link_host,
       CASE WHEN b.status IN ('complete', 'error') AND (s.id IS NULL OR s.status IN ('complete', 'error')) THEN 'completed'
            WHEN b.status = 'new' AND (s.id IS NULL OR s.status = 'new') THEN 'pending'
            ELSE 'in_progress' END AS state,
       least(b.quantity_created, s.quantity_created) AS created,
       coalesce(b.error_message, s.error_message) AS error_message,
       greatest(o.date_created, b.date_completed, s.date_completed) AS date_updated
  FROM adi_order o JOIN batch b ON b.id = o.batch_id LEFT JOIN batch s ON s.id = o.short_batch_id;

-- As before, with the order of codes that were made for one.
CREATE OR REPLACE VIEW issued_code AS
SELECT c.batch_id, j.id AS identifier_job, n.kind, n.key, c.batch_offset + made.step AS place,
       convert_from(substring(c.codes FROM (made.ordinal * c.width + 1)::int FOR c.width), 'UTF8') AS code,
       o.id AS adi_order
  FROM chunk c
  JOIN batch b ON b.id = c.batch_id
  JOIN namespace n ON n.id = b.namespace_id
  LEFT JOIN identifier_job j ON j.batch_id = c.batch_id
  LEFT JOIN adi_order o ON o.batch_id = c.batch_id
 CROSS JOIN LATERAL (
         SELECT step, row_number() OVER (ORDER BY step) - 1 AS ordinal
           FROM generate_series(0, c.span - 1) AS step
          WHERE c.first_index + step <> ALL (c.skipped)
       ) AS made;
