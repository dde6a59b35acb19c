import { isObject, type RecordedCase, type RecordedResponse, type Seed, type SeedRow } from './recording';

const JOBS_PATH = '/items/identifier_job';

/** In what this server's jobs differ from the recorded server's, in the course of a scenario. */
export class World {
  /** Jobs that were made on both sides, as the recorded server answered them. */
  readonly #made = new Map<string, SeedRow>();
  /** Jobs that were made there and refused here. */
  readonly #absent = new Set<string>();
  /** What jobs have here that they do not have there, by id. */
  readonly #otherwise = new Map<string, SeedRow>();

  constructor(readonly seed: Seed) {}

  /** The job as the seed has it, or as the recorded server has made it. */
  job(id: string): SeedRow | undefined {
    return this.seed.identifier_job?.find((job) => job.id === id) ?? this.#made.get(id);
  }

  wasMade(job: SeedRow): void {
    this.#made.set(String(job.id), job);
  }

  wasNotMade(id: string): void {
    this.#absent.add(id);
  }

  has(id: string): boolean {
    return !this.#absent.has(id);
  }

  hasOtherwise(id: string, values: SeedRow): void {
    this.#otherwise.set(id, { ...this.#otherwise.get(id), ...values });
  }

  /** Takes back `hasOtherwise` for these fields. */
  agreesOn(id: string, fields: readonly string[]): void {
    const values = Object.entries(this.#otherwise.get(id) ?? {}).filter(([field]) => !fields.includes(field));
    this.#otherwise.set(id, Object.fromEntries(values));
  }

  /** A recorded answer with the jobs as they are here; undefined if it makes no difference. */
  translate({ request, response }: RecordedCase): RecordedResponse | undefined {
    if (!isObject(response.body) || !isJobsPath(request.path)) return undefined;
    const { data } = response.body;
    const translated = Array.isArray(data)
      ? data.filter((item) => this.#isHere(item)).map((item) => this.#translateItem(item, undefined))
      : this.#translateItem(data, keyOf(request.path));
    if (JSON.stringify(translated) === JSON.stringify(data)) return undefined;
    return { ...response, body: { ...response.body, data: translated } };
  }

  #isHere(item: unknown): boolean {
    return !isObject(item) || typeof item.id !== 'string' || this.has(item.id);
  }

  #translateItem(item: unknown, key: string | undefined): unknown {
    if (!isObject(item)) return item;
    const values = this.#otherwise.get(typeof item.id === 'string' ? item.id : (key ?? ''));
    if (values === undefined) return item;
    return Object.fromEntries(
      Object.entries(item).map(([name, value]) => [name, name in values ? values[name] : value]),
    );
  }
}

/** Whether it is the collection of jobs or one of them. */
export function isJobsPath(path: string): boolean {
  return new RegExp(`^${JOBS_PATH}([/?]|$)`).test(path);
}

/** The key in a path to one job. */
export function keyOf(path: string): string | undefined {
  return new RegExp(`^${JOBS_PATH}/([^/?]+)`).exec(path)?.[1];
}
