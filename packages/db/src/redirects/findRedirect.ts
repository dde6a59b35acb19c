import type { KeyRing, PoolShape } from '@codemint/shared';
import { OWNERS } from '../codes/findCode';
import type { Client } from '../connection/database';
import type { ShortDomain } from './shortDomain';

/** Where a short code leads. */
export interface Redirect {
  /** As it was set, with placeholders; whether it is a URL nobody has checked. */
  template: string;
  /** The Thng that it leads to: of an ADI order, by its batch of codes. Null for codes of jobs and imported ones. */
  thng: { owner: bigint; number: number; keyVersion: number } | null;
}

// The owner of the code, registered or generated; then what it is of: an order, which must be completed and have that
// Thng, or a job or import. The number of a Thng counts the codes before it, so skipped indexes are left out; jobs
// need no number, and theirs would be counted over many chunks.
const REDIRECT = `
  WITH owner AS (
    SELECT r.batch_id, NULL::bigint AS place FROM registry r WHERE r.namespace_id = $4 AND r.code = $3
     UNION ALL (${OWNERS}) LIMIT 1
  )
  SELECT coalesce(o.default_redirect_url, nullif(p.product_redirection_url, ''),
                  nullif(a.account_redirection_url, '')) AS template,
         o.batch_id, o.key_version, thng.number
    FROM owner JOIN batch b ON b.id = owner.batch_id AND b.status <> 'cancelled'
    LEFT JOIN adi_order_item o ON o.short_batch_id = b.id
    LEFT JOIN LATERAL (
           SELECT (owner.place - home.batch_offset
                   - (SELECT count(*) FROM unnest(home.skipped) AS hole WHERE hole < home.first_index + home.at)
                   + coalesce((SELECT sum(c.count) FROM chunk c
                                WHERE c.batch_id = b.id AND c.batch_offset < home.batch_offset), 0))::int AS number
             FROM (SELECT batch_offset, first_index, span, skipped, owner.place - batch_offset AS at FROM chunk
                    WHERE chunk.batch_id = b.id AND chunk.batch_offset <= owner.place
                    ORDER BY chunk.batch_offset DESC LIMIT 1) AS home
            WHERE o.id IS NOT NULL AND home.at < home.span AND home.first_index + home.at <> ALL (home.skipped)
         ) AS thng ON true
    LEFT JOIN identifier_job j ON j.batch_id = b.id
    LEFT JOIN product p ON p.id = j.product
    LEFT JOIN account a ON a.id = coalesce(b.account_id, $5)
   WHERE o.id IS NULL OR o.state = 'completed' AND CASE
           WHEN o.is_supplied
           THEN EXISTS (SELECT 1 FROM registry r WHERE r.batch_id = o.batch_id AND r.place = thng.number)
           ELSE thng.number < o.created END`;

interface Row {
  template: string | null;
  batch_id: bigint | null;
  key_version: number;
  number: number;
}

/** Characters and length of all short codes, generated and imported ones. */
const SHORT_CODE = /^[A-Za-z0-9\-._~]{1,20}$/;

/**
 * Where a short code of a domain leads, by decoding it: no row per code, and no chunk's codes are read.
 * @returns undefined for what has not the form of a short code, for what is nobody's, not made yet, of a deleted job, of an order that is not completed or has
 *   no Thng of that number, or what has nowhere to lead
 * @throws PoolKeyError when a pool that could have made it cannot be decoded: then nobody can tell
 */
export async function findRedirect(
  client: Client,
  ring: KeyRing,
  { accountId, namespaceId, pools }: ShortDomain,
  code: string,
): Promise<Redirect | undefined> {
  if (namespaceId === null || !SHORT_CODE.test(code)) return undefined;
  const poolIds: bigint[] = [];
  const indexes: number[] = [];
  const bytes = Buffer.from(code, 'utf8');
  for (const pool of pools) {
    if (widthOf(pool) !== bytes.length) continue;
    const index = ring.cipher(pool).decodeOne(bytes);
    if (!(index < pool.space)) continue;
    poolIds.push(pool.id);
    indexes.push(index);
  }
  const { rows } = await client.query<Row>({
    name: 'redirect',
    text: REDIRECT,
    values: [poolIds, indexes, code, namespaceId, accountId],
  });
  const [row] = rows;
  if (row?.template == null) return undefined;
  const { template, batch_id: owner, key_version: keyVersion, number } = row;
  return { template, thng: owner === null ? null : { owner, number, keyVersion } };
}

/** Bytes of a pool's codes. */
function widthOf({ prefix, length, suffix }: PoolShape): number {
  return Buffer.byteLength(prefix) + length + Buffer.byteLength(suffix);
}
