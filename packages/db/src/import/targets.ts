import { domainToASCII } from 'node:url';
import {
  type CodemintError,
  InvalidPayloadError,
  isUuid,
  parseProductKey,
  UnknownReferenceError,
  ValidationError,
} from '@codemint/shared';
import type { Client } from '../connection/database';
import { lockOrder, type NamespaceKey } from '../pools/namespaces';
import type { ImportLine } from './importLine';

/** Where lines of a file go: a namespace, and in it a new batch or that of a job. */
export interface Target {
  /** Counted from 0, in the order of the file. */
  number: number;
  namespace: NamespaceKey;
  /** Of the product or domain. */
  accountId: string;
  product: string | null;
  /** Name of the domain. */
  domain: string | null;
  /** Batch of the job that the codes belong to. */
  jobBatchId: bigint | null;
  /** How many lines go there. */
  lines: number;
}

/** Each costs some statements while namespaces are locked. */
const MAX_TARGETS = 10_000;

type Named = Omit<Target, 'number' | 'jobBatchId' | 'lines'>;

/** Finds out what the lines of a file refer to, as far as its importer may see it. */
export class Targets {
  readonly #products = new Map<string, Named | CodemintError>();
  readonly #domains = new Map<string, Named>();
  readonly #jobs = new Map<string, bigint>();
  readonly #targets = new Map<string, Target>();

  /** @param accountId null: of every account */
  constructor(private readonly accountId: string | null) {}

  /** All that lines were found to go to. */
  get all(): Target[] {
    return [...this.#targets.values()];
  }

  /** Looks up what these lines refer to and no line before did. */
  async load(client: Client, lines: readonly ImportLine[]): Promise<void> {
    const names = (field: 'product' | 'domain' | 'identifier_job', known: ReadonlyMap<string, unknown>) => [
      ...new Set(
        lines.flatMap((line) => normalise(field, line[field]) ?? []).filter((name) => !known.has(name)),
      ),
    ];
    await this.#loadProducts(client, names('product', this.#products));
    await this.#loadDomains(client, names('domain', this.#domains));
    await this.#loadJobs(client, names('identifier_job', this.#jobs));
  }

  /**
   * Where a line of those loaded goes, or why nowhere.
   * @throws InvalidPayloadError when the file names too many products and domains
   */
  find(line: ImportLine): Target | CodemintError {
    const named = this.#named(line);
    if (!('namespace' in named)) return named;
    const job = normalise('identifier_job', line.identifier_job);
    const jobBatchId = job === undefined ? null : this.#jobs.get(job);
    if (jobBatchId === undefined) {
      return new UnknownReferenceError('unique_code', 'identifier_job', line.identifier_job ?? '');
    }
    const key = `${lockOrder(named.namespace)} ${job ?? ''}`;
    const known = this.#targets.get(key);
    if (known !== undefined) return known;
    if (this.#targets.size === MAX_TARGETS) {
      throw new InvalidPayloadError(`A file may name ${MAX_TARGETS} products and domains: part it`);
    }
    const target = { ...named, number: this.#targets.size, jobBatchId, lines: 0 };
    this.#targets.set(key, target);
    return target;
  }

  #named(line: ImportLine): Named | CodemintError {
    const product = normalise('product', line.product);
    const domain = normalise('domain', line.domain);
    if ((product === undefined) === (domain === undefined)) {
      return ValidationError.of('product', 'required', 'Either a product or a domain is required.');
    }
    const found = product === undefined ? this.#domains.get(domain as string) : this.#products.get(product);
    if (found !== undefined) return found;
    const [field, value] = product === undefined ? ['domain', line.domain] : ['product', line.product];
    return new UnknownReferenceError('unique_code', field as string, value ?? '');
  }

  async #loadProducts(client: Client, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { rows } = await client.query<{ id: string; account_id: string }>(
      `SELECT id, account_id FROM product WHERE id = ANY ($1::text[]) AND ${VISIBLE}`,
      [ids, this.accountId],
    );
    for (const row of rows) this.#products.set(row.id, productTarget(row.id, row.account_id));
  }

  async #loadDomains(client: Client, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const { rows } = await client.query<{ id: string; domain_name: string; account_id: string }>(
      `SELECT id, domain_name, account_id FROM domain
        WHERE (domain_name = ANY ($1::text[]) OR id = ANY ($3::uuid[])) AND ${VISIBLE}`,
      [names, this.accountId, names.filter(isUuid)],
    );
    for (const { id, domain_name: name, account_id: accountId } of rows) {
      const named: Named = {
        namespace: { kind: 'short_code', key: name },
        accountId,
        product: null,
        domain: name,
      };
      this.#domains.set(name, named).set(id, named);
    }
  }

  /** Jobs that were brought over: no pool makes codes for them. */
  async #loadJobs(client: Client, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { rows } = await client.query<{ id: string; batch_id: bigint }>(
      `SELECT j.id, j.batch_id FROM identifier_job j JOIN batch b ON b.id = j.batch_id
        WHERE j.id = ANY ($1::uuid[]) AND b.pool_id IS NULL`,
      [ids.filter(isUuid)],
    );
    for (const row of rows) this.#jobs.set(row.id, row.batch_id);
  }
}

/** `$2`: null for an importer who sees every account. */
const VISIBLE = '($2::uuid IS NULL OR account_id = $2)';

/** Undefined for what is left out. No key holds a NUL, which Postgres would not even take. */
function normalise(field: 'product' | 'domain' | 'identifier_job', given: string | null | undefined) {
  const name = given?.replaceAll('\0', '\uFFFD');
  if (name === undefined || name === '') return undefined;
  if (field === 'product') return name;
  if (field === 'identifier_job' || isUuid(name)) return name.toLowerCase();
  return domainToASCII(name) || name;
}

function productTarget(product: string, accountId: string): Named | CodemintError {
  try {
    const key = parseProductKey(product, 'product');
    if (key !== null) return { namespace: key, accountId, product, domain: null };
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
  return ValidationError.of('product', 'product_key', 'It has neither a GTIN nor a GRAI: it has no serials.');
}
