import { codeWidth, type KeyRing } from '@codemint/shared';
import { chunkOfPlace, HAS_CODE } from '../codes/chunkOfPlace';
import { OWNERS } from '../codes/findCode';
import type { Client } from '../connection/database';
import type { ShortDomain } from './shortDomain';

/** A short code of a domain with the indexes that it has in the pools that may have made it. */
export interface DecodedShortCode {
  domain: ShortDomain;
  code: string;
  candidates: readonly { poolId: bigint; index: number }[];
}

/** Where a short code leads. */
export interface Redirect {
  /** As it was set, with placeholders; whether it is a URL nobody has checked. */
  template: string;
  /** The Thng that it leads to: of an ADI order, by its batch of codes. Null for codes of jobs and imported ones. */
  thng: { owner: bigint; number: number; keyVersion: number } | null;
}

/** Characters and length of all short codes, generated and imported ones. */
const SHORT_CODE = /^[A-Za-z0-9\-._~]{1,20}$/;

/**
 * Decodes a short code under the pools of its domain, without the database.
 * @returns undefined for what cannot be a short code of this domain
 * @throws PoolKeyError when a pool that could have made it cannot be decoded: then nobody can tell
 */
export function decodeShortCode(
  ring: KeyRing,
  domain: ShortDomain,
  code: string,
): DecodedShortCode | undefined {
  if (domain.namespaceId === null || !SHORT_CODE.test(code)) return undefined;
  const bytes = Buffer.from(code, 'utf8');
  const candidates = domain.pools
    .filter((pool) => codeWidth(pool) === bytes.length)
    .map((pool) => ({ poolId: pool.id, index: ring.cipher(pool).decodeOne(bytes), space: pool.space }))
    // NaN is not below either.
    .filter(({ index, space }) => index < space);
  return { domain, code, candidates };
}

// The owner of each code, registered or generated; then what it is of: an order, which must be completed and have that
// Thng, or a job or import. The number of a Thng counts the codes before it, so skipped indexes are left out; jobs
// need no number, and theirs would be counted over many chunks.
const REDIRECTS = `
  WITH asked AS (
    SELECT * FROM unnest($5::bigint[], $6::text[]) WITH ORDINALITY AS a (namespace_id, code, at)
  ), owner AS (
    SELECT asked.at - 1 AS number, r.batch_id, NULL::bigint AS place
      FROM asked JOIN registry r ON r.namespace_id = asked.namespace_id AND r.code = asked.code
     UNION ALL (${OWNERS})
  )
  SELECT owner.number::int AS asked, o.batch_id, o.key_version, thng.number,
         coalesce(o.default_redirect_url, nullif(p.product_redirection_url, ''),
                  nullif(a.account_redirection_url, '')) AS template
    FROM owner JOIN batch b ON b.id = owner.batch_id AND b.status <> 'cancelled'
    LEFT JOIN adi_order_item o ON o.short_batch_id = b.id
    LEFT JOIN LATERAL (
           SELECT (nearest.at - holes.before
                   + coalesce((SELECT sum(c.count) FROM chunk c
                                WHERE c.batch_id = b.id AND c.batch_offset < nearest.batch_offset), 0))::int AS number
             FROM (SELECT WHERE o.id IS NOT NULL) AS of_order ${chunkOfPlace('b.id', 'owner.place')}
            WHERE ${HAS_CODE}
         ) AS thng ON true
    LEFT JOIN identifier_job j ON j.batch_id = b.id
    LEFT JOIN product p ON p.id = j.product
    LEFT JOIN account a ON a.id = coalesce(b.account_id, ($7::uuid[])[owner.number + 1])
   WHERE o.id IS NULL OR o.state = 'completed' AND CASE
           WHEN o.is_supplied
           THEN EXISTS (SELECT 1 FROM registry r WHERE r.batch_id = o.batch_id AND r.place = thng.number)
           ELSE thng.number < o.created END`;

interface Row {
  /** Which of the codes it is of. */
  asked: number;
  template: string | null;
  batch_id: bigint | null;
  key_version: number;
  number: number;
}

/**
 * Where short codes lead, all by one statement: there is no row per code, and no chunk's codes are read.
 * @returns for each code, in their order; undefined for what is nobody's, not made yet, of a deleted job, of an order
 *   that is not completed or has no Thng of that number, or what has nowhere to lead
 */
export async function findRedirects(
  client: Client,
  codes: readonly DecodedShortCode[],
): Promise<(Redirect | undefined)[]> {
  const candidates = codes.flatMap((one, number) =>
    one.candidates.map((candidate) => ({ ...candidate, code: one.code, number })),
  );
  const { rows } = await client.query<Row>({
    name: 'redirects',
    text: REDIRECTS,
    values: [
      candidates.map(({ poolId }) => poolId),
      candidates.map(({ index }) => index),
      candidates.map(({ code }) => code),
      candidates.map(({ number }) => number),
      codes.map(({ domain }) => domain.namespaceId),
      codes.map(({ code }) => code),
      codes.map(({ domain }) => domain.accountId),
    ],
  });
  const found = new Array<Redirect | undefined>(codes.length).fill(undefined);
  for (const row of rows) found[row.asked] = redirectOf(row);
  return found;
}

function redirectOf({ template, batch_id: owner, key_version: keyVersion, number }: Row) {
  if (template === null) return undefined;
  return { template, thng: owner === null ? null : { owner, number, keyVersion } };
}
