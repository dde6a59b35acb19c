import { FIRST_ACCOUNT_ID } from '@codemint/db';
import type { Api } from './support';
import { OTHER_ACCOUNT_ID, OTHER_PRODUCT, PRODUCT } from './support';

/** A job as a query sees it; what it refers to stands in it. */
export type Row = Record<string, unknown>;

export const DOMAIN = 'd0d0d0d0-0000-4000-8000-00000000d001';

const TEXTS = [
  null,
  '',
  'Jon Demo',
  'jon demo',
  '100%_pallet',
  '100x_pallet',
  'back\\slash',
  'ünïcode ✓',
  'ÜNÏCODE ✓',
  'a,b',
  "'; drop table x; --",
  '𝔊roß',
  'true',
  '96',
];

const pick = <Value>(list: readonly Value[], index: number): Value => list[index % list.length] as Value;

/** Some sixty jobs of two accounts, with nulls, signs of other scripts and signs that SQL has a use for. */
export async function insertRows(api: Api): Promise<Row[]> {
  const { pool } = api.database;
  await pool.query(`INSERT INTO domain (id, domain_name, account_id) VALUES ($1, 'codes.example', $2)`, [
    DOMAIN,
    FIRST_ACCOUNT_ID,
  ]);
  await pool.query(`UPDATE product SET brand = '50% _off' WHERE id = $1`, [PRODUCT]);
  const rows = Array.from({ length: 60 }, (_, index) => jobRow(api, index));
  for (const row of rows) {
    const { rows: batches } = await pool.query(
      `INSERT INTO batch (account_id, quantity, quantity_created, status, error_message, link_host)
       VALUES ($1, $2, $3, $4, $5, 'id.gs1.org') RETURNING id`,
      [row.account, row.quantity ?? null, row.quantity_created ?? 0, row.status, row.error_message],
    );
    await pool.query(
      `INSERT INTO identifier_job (id, user_created, date_created, user_updated, date_updated, length, quantity, account_id,
         reference_id, type, product, character_set, sscc_start_serial, sscc_extension_digit, sscc_company_prefix, domain,
         batch_id)
       VALUES ($1, $2, $3, null, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [
        row.id, row.user_created, row.date_created, row.date_updated, row.length, row.quantity, row.account,
        row.reference_id, row.type, row.product, row.character_set, row.sscc_start_serial, row.sscc_extension_digit,
        row.sscc_company_prefix, row.domain, batches[0].id,
      ], // biome-ignore format: values in the order of the columns
    );
  }
  return rows;
}

function jobRow(api: Api, index: number): Row {
  const status = pick(['new', 'in_progress', 'complete', 'error'], index * 7);
  const account = index % 5 === 4 ? OTHER_ACCOUNT_ID : FIRST_ACCOUNT_ID;
  const quantity = index % 6 === 5 ? null : pick([4, 96, 96, 50, 1_000_000, 7], index * 5);
  return {
    id: `00000000-0000-4000-8000-0000000000${String((index * 37) % 60).padStart(2, '0')}`,
    user_created: pick([api.userIds.operator, api.userIds.reader, null], index),
    date_created: new Date(
      Date.UTC(2023, (index * 5) % 30, 1 + ((index * 11) % 28), index % 24, index, 0, index * 7),
    ),
    user_updated: null,
    date_updated: index % 3 === 0 ? null : new Date(Date.UTC(2024, 11, 29 + (index % 4), 23, 59, 59, 999)),
    length: pick([8, 12, 6], index),
    quantity,
    account,
    reference_id: pick(TEXTS, index * 3),
    type: pick(['sgtin', 'sscc', 'grai', 'short_code'], index * 3),
    product: index % 4 === 0 ? null : account === OTHER_ACCOUNT_ID ? OTHER_PRODUCT : PRODUCT,
    character_set: 'alphanumeric',
    status,
    sscc_start_serial: pick([null, 0n, 500n, 9_007_199_254_740_991n], index),
    sscc_extension_digit: pick([null, 3, 0], index),
    sscc_company_prefix: pick([null, '0614141', '9521321'], index),
    domain: account === FIRST_ACCOUNT_ID && index % 7 === 0 ? DOMAIN : null,
    error_message: status === 'error' ? 'Company prefix missing' : null,
    quantity_created: status === 'new' ? null : quantity === null ? 0 : index % 5,
  };
}
