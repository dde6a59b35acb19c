import { type IncomingMessage, request } from 'node:http';
import {
  type CodeStatus,
  type CreatedOrder,
  createJobs,
  createOrder,
  FIRST_ACCOUNT_ID,
  type FormerJob,
  findOrder,
  type ImportLine,
  importCodes,
  importJobs,
  inTransaction,
  loadSlice,
  type NewJob,
  type NewOrder,
  registerOrder,
  type SliceWork,
  type StoredOrder,
  setCodeStatus,
  settleBatch,
  writeChunk,
} from '@codemint/db';
import { KeyRing, makeChunk, makeSsccChunk, type SliceJob } from '@codemint/shared';
import { generated as generatedCodes, newOrder } from '../../../tests/support/newOrder';
import { type Api, PRODUCT } from './support';

export interface Sizes {
  slice: number;
  chunk: number;
}

/** A few hundred codes have several slices and chunks. */
const SMALL: Sizes = { slice: 100, chunk: 40 };
/** As in production. */
export const LARGE: Sizes = { slice: 100_000, chunk: 10_000 };

const FORMER_KEY = Buffer.alloc(32, 7);
const CURRENT_KEY = Buffer.alloc(32, 8);

/** Settings of an API whose master key was changed once. */
export const TWO_KEYS = {
  CODEMINT_MASTER_KEYS: `1:${FORMER_KEY.toString('base64')},2:${CURRENT_KEY.toString('base64')}`,
};

export const CURRENT_RING = new KeyRing(new Map([[1, FORMER_KEY], [2, CURRENT_KEY]])); // biome-ignore format: short
/** As it was before the change: its codes are in other pools than those of now. */
export const FORMER_RING = new KeyRing(new Map([[1, FORMER_KEY]]));

interface Making {
  sizes?: Sizes;
  ring?: KeyRing;
}

/** Accepts a job; no code is made. */
export async function acceptJob(
  api: Api,
  wanted: Partial<NewJob> = {},
  { sizes = SMALL, ring = CURRENT_RING }: Making = {},
): Promise<{ id: string; slices: SliceJob[] }> {
  const job: NewJob = {
    id: null, userId: api.userIds.operator, accountId: FIRST_ACCOUNT_ID, referenceId: null, domainId: null,
    linkHost: 'id.gs1.org', type: 'sgtin', length: 8, quantity: 250, characterSet: 'alphanumeric', product: PRODUCT,
    domainName: null, ssccCompanyPrefix: null, ssccExtensionDigit: null, ssccStartSerial: null, epc: null,
    ...wanted,
  }; // biome-ignore format: the defaults at a glance
  const limits = { maxQuantity: 10_000_000, sliceSize: sizes.slice };
  const { ids, sliceJobs } = await createJobs(api.database, ring, [job], limits);
  return { id: ids[0] as string, slices: sliceJobs };
}

/** Accepts a job and makes all of its codes. */
export async function makeJob(api: Api, wanted: Partial<NewJob> = {}, making: Making = {}): Promise<string> {
  const { id, slices } = await acceptJob(api, wanted, making);
  await makeSlices(api, slices, making);
  return id;
}

/** Makes slices and what their batches are short of then. */
async function makeSlices(
  api: Api,
  slices: readonly SliceJob[],
  { sizes = SMALL, ring = CURRENT_RING }: Making,
): Promise<void> {
  for (let left = slices; left.length > 0; ) {
    for (const slice of left) await makeSliceOf(api, slice, { chunkSize: sizes.chunk, ring });
    const batches = [...new Set(left.map(({ batchId }) => batchId))];
    const short: SliceJob[] = [];
    for (const id of batches) short.push(...(await settleBatch(api.database, ring, BigInt(id), sizes.slice)));
    left = short;
  }
}

/** Accepts an ADI order without making or registering its codes. */
export async function acceptOrder(
  api: Api,
  wanted: Partial<NewOrder> & Pick<NewOrder, 'codes'>,
  { sizes = SMALL, ring = CURRENT_RING }: Making = {},
): Promise<CreatedOrder & { batchId: bigint }> {
  const product = { id: PRODUCT, gtin: '09312345551927' };
  const order = newOrder({ userId: api.userIds.operator, identifierKey: 'gs1:21', product, ...wanted });
  const created = await createOrder(api.database, ring, order, { sliceSize: sizes.slice });
  const { rows } = await api.database.pool.query('SELECT batch_id FROM adi_order WHERE id = $1', [order.id]);
  return { ...created, batchId: rows[0].batch_id };
}

/** What an order's generated codes are made of. */
export function generated(more: Parameters<typeof generatedCodes>[1] = {}) {
  return generatedCodes(90, more);
}

/** Accepts an ADI order and brings it to its end. */
export async function makeOrder(
  api: Api,
  wanted: Partial<NewOrder> & Pick<NewOrder, 'codes'>,
  making: Making = {},
): Promise<StoredOrder> {
  const { id, sliceJobs } = await acceptOrder(api, wanted, making);
  await makeSlices(api, sliceJobs, making);
  const { ring = CURRENT_RING } = making;
  if (wanted.codes.kind === 'supplied') await registerOrder(api.database, ring, id);
  return (await findOrder(api.database.pool, id, null)) as StoredOrder;
}

/** Sets the statuses of generated codes. */
export async function setStatus(
  api: Api,
  batchId: bigint,
  places: readonly number[],
  status: CodeStatus,
): Promise<void> {
  await inTransaction(api.database.pool, (client) => setCodeStatus(client, batchId, places, status));
}

/** Makes a slice as a worker does, or only its next chunks. */
export async function makeSliceOf(
  api: Api,
  job: SliceJob | undefined,
  { chunkSize = SMALL.chunk, maxChunks = Number.POSITIVE_INFINITY, ring = CURRENT_RING } = {},
): Promise<void> {
  const slice = job && (await loadSlice(api.database.pool, BigInt(job.sliceId)));
  if (slice === undefined) throw new Error('the slice is not open');
  let { progress } = slice;
  for (let chunks = 0; progress < slice.count && chunks < maxChunks; chunks++) {
    const span = Math.min(chunkSize, slice.count - progress);
    const chunk = chunkOf(ring, slice, progress, span);
    const width = chunk.codes.length / chunk.count;
    await writeChunk(api.database.pool, { sliceId: slice.id, progress, span, width, ...chunk });
    progress += span;
  }
}

function chunkOf(ring: KeyRing, slice: SliceWork, progress: number, span: number) {
  const first = slice.firstIndex + BigInt(progress);
  if (slice.pool.algorithm === 'sscc') return makeSsccChunk(first, span, slice.registered.map(BigInt));
  const siblings = slice.siblings.map(({ pool, nextIndex }) => ({ cipher: ring.cipher(pool), nextIndex }));
  const cipher = ring.cipher(slice.pool);
  return makeChunk({ cipher, firstIndex: Number(first), span, siblings, registered: slice.registered });
}

/** The codes of a job straight from its chunks. */
export async function storedCodes(api: Api, id: string): Promise<string[]> {
  const { rows } = await api.database.pool.query<{ code: string }>(
    'SELECT code FROM issued_code WHERE identifier_job = $1 ORDER BY place',
    [id],
  );
  return rows.map(({ code }) => code);
}

/** An answer that is read as it comes in, undecoded. */
export function open(
  api: Api,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const authorization = `Bearer ${api.tokens.operator}`;
    request(api.url + path, { method, headers: { authorization, ...headers } }, resolve)
      .on('error', reject)
      .end();
  });
}

/** A code of `importCodes`, for a product or a domain. */
export type ImportedCode = Omit<ImportLine, 'line'>;

/** Imports codes as from a former system. */
export async function importSome(api: Api, codes: readonly ImportedCode[]): Promise<void> {
  async function* lines() {
    for (const [i, code] of codes.entries()) yield { ...code, line: i + 1 };
  }
  await importCodes(api.database, CURRENT_RING, { accountId: null, userId: null, lines: lines() });
}

/** A job of a former system: no codes of it are made here. */
export async function importJob(api: Api, job: Partial<FormerJob> & { id: string }): Promise<void> {
  const defaults: Omit<FormerJob, 'id'> = {
    user_created: api.userIds.operator, date_created: '2024-01-05T10:00:00.000Z', user_updated: null,
    date_updated: null, length: 8, quantity: 96, account: FIRST_ACCOUNT_ID, reference_id: 'former', type: 'sgtin',
    product: PRODUCT, character_set: 'alphanumeric', status: 'complete', sscc_start_serial: null,
    sscc_extension_digit: null, sscc_company_prefix: null, domain: null, error_message: null, quantity_created: 96,
  }; // biome-ignore format: the defaults at a glance
  await importJobs(api.database, [{ ...defaults, ...job }]);
}
