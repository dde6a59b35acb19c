import { type Client, findShortDomain, type ShortDomain } from '@codemint/db';

/** A new domain, or the first of other codes in it, is seen within this time; so is one that is gone. */
const KEPT_MS = 1_000;

/** Hosts are whatever callers send. */
const MAX_KEPT = 5_000;

interface Entry {
  loadedAtMs: number;
  domain: Promise<ShortDomain | undefined>;
}

/** Configured domains by host name, looked up once a second at most; that a host is none is kept as well. */
export class DomainCache {
  /** The one loaded longest ago comes first. */
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly client: Client) {}

  /**
   * @param name a host name in lower case, as punycode if it is international
   * @throws as the database does, if it cannot be asked and was not asked before
   */
  find(name: string): Promise<ShortDomain | undefined> {
    const kept = this.#entries.get(name);
    if (kept !== undefined && performance.now() - kept.loadedAtMs < KEPT_MS) return kept.domain;
    const domain = this.#load(name, kept);
    this.#entries.delete(name);
    this.#entries.set(name, { loadedAtMs: performance.now(), domain });
    if (this.#entries.size > MAX_KEPT) this.#dropOldest();
    return domain;
  }

  /** While the database is away the former answer holds: a host that is no domain goes on to serve the API. */
  async #load(name: string, former: Entry | undefined): Promise<ShortDomain | undefined> {
    try {
      return await findShortDomain(this.client, name);
    } catch (error) {
      if (former !== undefined) return former.domain;
      this.#entries.delete(name);
      throw error;
    }
  }

  #dropOldest(): void {
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
