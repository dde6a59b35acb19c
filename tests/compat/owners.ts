import type { Seed, SeedRow } from './recording';

/**
 * Account that a product or domain belongs to, which seeds do not say: that of the first job of it that has one, else
 * the first of the seed.
 */
export function ownerOf(seed: Seed, collection: 'product' | 'domain', id: unknown): string | undefined {
  const job = seed.identifier_job?.find((one) => one[collection] === id && typeof one.account === 'string');
  return (job?.account ?? seed.account?.[0]?.id) as string | undefined;
}

/** Account of a job without product and domain, for a user without an account: the one that was made first. */
export function firstAccount(seed: Seed): string | undefined {
  const age = ({ date_created, id }: SeedRow) => `${date_created} ${id}`;
  const [first] = [...(seed.account ?? [])].sort((a, b) => (age(a) < age(b) ? -1 : 1));
  return first?.id as string | undefined;
}
