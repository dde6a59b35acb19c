import { createHash } from 'node:crypto';
import {
  CHARACTER_SETS,
  checkDigit,
  KeyRing,
  makeChunk,
  makeSsccChunk,
  PoolCipher,
  type PoolDescriptor,
  type SliceJob,
  SSCC_WIDTH,
} from '@codemint/shared';
import { createTestDatabase } from '../../../tests/support/postgres';
import {
  allotSupplied,
  bootstrap,
  type Chunk,
  type ChunkOutcome,
  type Client,
  createJobs,
  type Database,
  FIRST_ACCOUNT_ID,
  inTransaction,
  loadSlice,
  type NamespaceKey,
  type NewJob,
  openDatabase,
  type SliceWork,
  settleBatch,
  streamChunks,
  writeChunk,
} from '../src';

export const LIMITS = { maxQuantity: 1_000_000, sliceSize: 100_000 };

/** A database of its own as the first start leaves it. */
export interface Installation {
  database: Database;
  /** Connections of one more process to the same database. */
  connect(): Database;
  /** One more product of the first account, and the namespace of its codes. */
  addProduct(): Promise<NamespaceKey>;
}

export interface OpenInstallation extends Installation {
  close(): Promise<void>;
}

export async function openInstallation(): Promise<OpenInstallation> {
  const { connectionString, drop } = await createTestDatabase();
  const opened: Database[] = [];
  const connect = () => {
    const database = openDatabase({ connectionString, poolSize: 10, applicationName: 'test' });
    opened.push(database);
    return database;
  };
  const database = connect();
  await bootstrap(database);
  let products = 0;
  return {
    database,
    connect,
    addProduct: () => addProduct(database, ++products),
    async close() {
      await Promise.all(opened.map((one) => one.close()));
      await drop();
    },
  };
}

/** An installation for all tests of a file, or a new one for each: opened before them and closed after them. */
export function useInstallation(of: 'file' | 'test' = 'file'): Installation {
  const [before, after] = of === 'file' ? [beforeAll, afterAll] : [beforeEach, afterEach];
  let installation: OpenInstallation;
  before(async () => {
    installation = await openInstallation();
  });
  after(() => installation.close());
  return {
    get database() {
      return installation.database;
    },
    connect: () => installation.connect(),
    addProduct: () => installation.addProduct(),
  };
}

/** An installation, and the namespace of a product that each test has to itself: it is always that of the test that runs. */
export function useProduct(of?: 'file' | 'test'): { installation: Installation; namespace: NamespaceKey } {
  const installation = useInstallation(of);
  let current: NamespaceKey;
  beforeEach(async () => {
    current = await installation.addProduct();
  });
  const namespace = {
    get kind() {
      return current.kind;
    },
    get key() {
      return current.key;
    },
  };
  return { installation, namespace };
}

export function masterKey(version: number, secret = 'test'): Buffer {
  return createHash('sha256').update(`${secret} ${version}`).digest();
}

/** A ring with the keys of these versions. A ring keeps ciphers by pool id, so each database needs one of its own. */
export function ringOf(...versions: number[]): KeyRing {
  return new KeyRing(new Map(versions.map((version) => [version, masterKey(version)])));
}

/** The GTIN-14 that a number makes, with its check digit. */
export function gtinOf(number: number): string {
  const body = String(number).padStart(13, '0');
  return body + checkDigit(body);
}

/** A product of the first account, and the namespace of its codes. */
export async function addProduct(database: Database, number: number): Promise<NamespaceKey> {
  const gtin = gtinOf(number);
  await database.pool.query('INSERT INTO product (id, gtin, account_id) VALUES ($1, $2, $3)', [
    `/01/${gtin}`,
    gtin,
    FIRST_ACCOUNT_ID,
  ]);
  return { kind: 'sgtin', key: gtin };
}

/** A job of the first account; without `product` and `domainName` it can only be of type sscc. */
export function newJob(overrides: Partial<NewJob>): NewJob {
  return {
    id: null,
    userId: null,
    accountId: FIRST_ACCOUNT_ID,
    referenceId: null,
    domainId: null,
    linkHost: 'id.gs1.org',
    type: 'sgtin',
    length: 6,
    quantity: 10,
    characterSet: 'numeric',
    product: null,
    domainName: null,
    ssccCompanyPrefix: null,
    ssccExtensionDigit: null,
    ssccStartSerial: null,
    epc: null,
    ...overrides,
  };
}

export interface Order {
  id: string;
  batchId: bigint;
  quantity: number;
  sliceJobs: SliceJob[];
}

/** Orders codes of a namespace of addProduct. */
export function order(
  database: Database,
  ring: KeyRing,
  namespace: NamespaceKey,
  overrides: Partial<NewJob> & { sliceSize?: number },
): Promise<Order> {
  return orderJob(database, ring, { product: `/01/${namespace.key}`, ...overrides });
}

export async function orderJob(
  database: Database,
  ring: KeyRing,
  { sliceSize = LIMITS.sliceSize, ...overrides }: Partial<NewJob> & { sliceSize?: number },
): Promise<Order> {
  const job = newJob(overrides);
  const { ids, sliceJobs } = await createJobs(database, ring, [job], { ...LIMITS, sliceSize });
  const batchId = BigInt(sliceJobs[0]?.batchId as string);
  return { id: ids[0] as string, batchId, quantity: job.quantity, sliceJobs };
}

/** An empty batch for imported codes. @param unassigned null: nobody may take its codes, and nobody counts them */
export async function addBatch(
  client: Client,
  namespace: NamespaceKey,
  unassigned: number | null = 0,
): Promise<bigint> {
  const { rows } = await client.query<{ id: bigint }>(
    `WITH room AS (INSERT INTO namespace (kind, key) VALUES ($1, $2)
                       ON CONFLICT (kind, key) DO UPDATE SET key = excluded.key RETURNING id)
     INSERT INTO batch (account_id, namespace_id, quantity, unassigned, link_host)
     SELECT $3, id, 1000, $4, 'id.gs1.org' FROM room RETURNING id`,
    [namespace.kind, namespace.key, FIRST_ACCOUNT_ID, unassigned],
  );
  return (rows[0] as { id: bigint }).id;
}

/** Supplies codes to a batch, a new one unless it is given. */
export async function supply(
  database: Database,
  ring: KeyRing,
  namespace: NamespaceKey,
  codes: readonly string[],
  batchId?: bigint,
): Promise<{ batchId: bigint; refused: string[]; sequence: bigint }> {
  const supplied = codes.map((code) => ({ code }));
  return inTransaction(database.pool, async (client) => {
    const batch = batchId ?? (await addBatch(client, namespace));
    return { batchId: batch, ...(await allotSupplied(client, ring, namespace, batch, supplied)) };
  });
}

/** The cipher of a pool of SGTIN serials, made without the database. */
export function cipherOf(
  namespace: NamespaceKey,
  {
    set = 'numeric',
    length = 6,
    keyVersion = 1,
  }: { set?: keyof typeof CHARACTER_SETS; length?: number; keyVersion?: number } = {},
): PoolCipher {
  return new PoolCipher(masterKey(keyVersion), {
    namespaceKind: namespace.kind as PoolDescriptor['namespaceKind'],
    namespaceKey: namespace.key,
    prefix: '',
    alphabet: CHARACTER_SETS[set],
    length,
    suffix: '',
    keyVersion,
    algorithm: 'ff1-aes256-1',
  });
}

/** The codes that lie one after the other in a buffer. */
export function split(codes: Buffer, width: number): string[] {
  return Array.from({ length: codes.length / width }, (_, i) =>
    codes.toString('utf8', i * width, (i + 1) * width),
  );
}

/** Codes of some indexes of a pool. */
export function codesAt(cipher: PoolCipher, indexes: readonly number[]): string[] {
  return indexes.map((index) => cipher.encode(index, 1).toString('utf8'));
}

/** The next chunk of a slice as a worker makes it, not stored yet. */
export function nextChunk(ring: KeyRing, slice: SliceWork, progress: number, chunkSize: number): Chunk {
  const span = Math.min(chunkSize, slice.count - progress);
  const firstIndex = slice.firstIndex + BigInt(progress);
  const place = { sliceId: slice.id, progress, span };
  const { pool, siblings, registered } = slice;
  if (pool.algorithm === 'sscc') {
    return { ...place, ...makeSsccChunk(firstIndex, span, []), width: SSCC_WIDTH };
  }
  const cipher = ring.cipher(pool);
  const chunk = makeChunk({
    cipher,
    firstIndex: Number(firstIndex),
    span,
    siblings: siblings.map((one) => ({ cipher: ring.cipher(one.pool), nextIndex: one.nextIndex })),
    registered,
  });
  return { ...place, ...chunk, width: cipher.width };
}

/** Runs a slice from where it stands, as a worker does; how its last chunk came out, if this runner stored it. */
export async function runSlice(
  client: Client,
  ring: KeyRing,
  sliceId: bigint | string,
  chunkSize = 10_000,
): Promise<ChunkOutcome | undefined> {
  const slice = await loadSlice(client, BigInt(sliceId));
  let outcome: ChunkOutcome | undefined;
  for (let progress = slice?.progress ?? 0; slice && progress < slice.count; progress += chunkSize) {
    outcome = await writeChunk(client, nextChunk(ring, slice, progress, chunkSize));
    if (outcome === undefined) return undefined;
  }
  return outcome;
}

/** Runs slices until no batch needs any more, those that make up for skipped codes too. */
export async function runToTheEnd(
  database: Database,
  ring: KeyRing,
  slices: readonly SliceJob[],
  { chunkSize = 10_000, sliceSize = LIMITS.sliceSize } = {},
): Promise<void> {
  for (let open = slices; open.length > 0; ) {
    const added: SliceJob[] = [];
    for (const job of open) {
      const outcome = await runSlice(database.pool, ring, job.sliceId, chunkSize);
      if (outcome?.short) added.push(...(await settleBatch(database, ring, outcome.batchId, sliceSize)));
    }
    open = added;
  }
}

/** All stored codes of a batch in the order of making. */
export async function storedCodes(client: Client, batchId: bigint): Promise<string[]> {
  const codes: string[] = [];
  for await (const chunk of streamChunks(client, batchId)) {
    for (const code of split(chunk.codes, chunk.width)) codes.push(code);
  }
  return codes;
}

interface BatchRow {
  status: string;
  quantity: number;
  quantity_created: number;
  open_slices: number;
  error_message: string | null;
  date_completed: Date | null;
}

export async function readBatch(client: Client, batchId: bigint): Promise<BatchRow> {
  const { rows } = await client.query<BatchRow>(
    `SELECT status, quantity, quantity_created, open_slices, error_message, date_completed FROM batch WHERE id = $1`,
    [batchId],
  );
  return rows[0] as BatchRow;
}

/** Everything that an allotment writes: equal before and after a request that changed nothing. */
export async function allotmentState(client: Client): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT (SELECT json_agg(n ORDER BY id) FROM namespace n) AS namespaces,
            (SELECT json_agg(p ORDER BY id) FROM pool p) AS pools,
            (SELECT json_agg(s ORDER BY id) FROM slice s) AS slices,
            (SELECT json_agg(b ORDER BY id) FROM batch b) AS batches,
            (SELECT json_agg(j ORDER BY id) FROM identifier_job j) AS jobs,
            (SELECT json_agg(r ORDER BY code) FROM registry r) AS registry,
            (SELECT json_agg(i ORDER BY pool_id, index) FROM registry_index i) AS indexes`,
  );
  return rows[0];
}
