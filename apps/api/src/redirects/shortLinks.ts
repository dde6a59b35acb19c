import { type Client, decodeShortCode, type ShortDomain } from '@codemint/db';
import { type KeyRing, ResourceIds } from '@codemint/shared';
import { hostName } from '../domains/hostName';
import { DomainCache } from './domainCache';
import type { GuessLimit } from './guessLimit';
import { RedirectFinder } from './redirectFinder';
import { fillTarget } from './target';

/** Where short links lead, and who has guessed too many. */
export class ShortLinks {
  readonly #domains: DomainCache;
  readonly #redirects: RedirectFinder;
  readonly #ids: ResourceIds;

  constructor(
    client: Client,
    private readonly ring: KeyRing,
    readonly guesses: GuessLimit,
  ) {
    this.#domains = new DomainCache(client);
    this.#redirects = new RedirectFinder(client);
    this.#ids = new ResourceIds(ring);
  }

  /** @param host a host name as people and browsers write it, without port */
  async findDomain(host: string): Promise<ShortDomain | undefined> {
    const name = hostName(host);
    return name === undefined ? undefined : this.#domains.find(name);
  }

  /**
   * The http(s) URL that a short id leads to; undefined if there is none.
   * @throws PoolKeyError when a pool that could have made it cannot be decoded
   */
  async findTarget(domain: ShortDomain, shortId: string): Promise<string | undefined> {
    const code = decodeShortCode(this.ring, domain, shortId);
    const redirect = code && (await this.#redirects.find(code));
    if (redirect === undefined) return undefined;
    const { template, thng } = redirect;
    const evrythngId = thng === null ? undefined : this.#ids.idOf({ kind: 'thng', ...thng });
    return fillTarget(template, { shortId, evrythngId });
  }
}
