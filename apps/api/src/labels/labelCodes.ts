import { type Client, codesOf } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import type { CodeBatch } from '../codes/codeBatch';
import { type CodePage, codePages } from '../codes/codeSource';
import { planFor } from '../codes/reservedCodes';
import { partOf, selectCodes, streamable } from '../codes/selectCodes';
import { uniqueCode } from '../items/collections/uniqueCode';
import { parseQuery } from '../items/query/parseQuery';
import type { Scope } from '../items/scope';
import { type LabelQuery, MOST_LABELS } from './query';

/** A code with the batch that tells what it is of. */
export interface LabelCode {
  batch: CodeBatch;
  code: string;
}

/**
 * The codes that labels are asked for, in the order of their ids.
 * @param filter on unique_code, about jobs or reservations alone
 * @throws InvalidQueryError where there are none, or too many
 */
export async function readLabelCodes(
  scope: Scope,
  filter: object,
  { offset, limit }: Pick<LabelQuery, 'offset' | 'limit'>,
): Promise<[LabelCode, ...LabelCode[]]> {
  const query = parseQuery(uniqueCode, scope.caller, { filter, offset, limit: limit ?? MOST_LABELS + 1 });
  const selected = await selectCodes(scope, await planFor(scope, query.filter));
  const selection = streamable(selected, query);
  if (selection === undefined) throw new Error('the codes of labels are found one by one');
  const codes: LabelCode[] = [];
  for await (const page of codePages(scope.context.database.pool, selection, partOf(query))) {
    codes.push(...codesOfPage(page));
  }
  const [first, ...others] = codes;
  if (first === undefined) throw new InvalidQueryError(`There are no codes from "offset" ${offset} on`);
  if (codes.length > MOST_LABELS) {
    throw new InvalidQueryError(
      `There are more than ${MOST_LABELS} codes from "offset" ${offset} on: ask for them in parts, by "limit" of at most ` +
        `${MOST_LABELS} and "offset"`,
    );
  }
  return [first, ...others];
}

function codesOfPage(page: CodePage): LabelCode[] {
  if (page.kind === 'registered') return page.codes.map(({ batch, code }) => ({ batch, code: code.code }));
  const { batch, run } = page;
  return codesOf(run).map((code) => ({ batch, code }));
}

/** Names of the codes' products by their ids. */
export async function productNames(
  client: Client,
  codes: readonly LabelCode[],
): Promise<ReadonlyMap<string | null, string | null>> {
  const { rows } = await client.query<{ id: string; name: string | null }>(
    'SELECT id, product_name AS name FROM product WHERE id = ANY ($1::text[])',
    [[...new Set(codes.map(({ batch }) => batch.product))]],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}
