import type { ListPage } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import { z } from 'zod';
import { type FilterField, type FilterOn, parseFilter } from './filter';

const MAX_PER_PAGE = 100;
const DEFAULT_PER_PAGE = 30;

const sortOrder = z.enum(['ASCENDING', 'DESCENDING']);

/** Parameters of every list of this dialect; others are ignored. */
export const listQuery = z.object({
  perPage: z.string().refine(isPageSize, `Must be a whole number from 1 to ${MAX_PER_PAGE}`).optional().meta({
    type: 'integer',
    minimum: 1,
    maximum: MAX_PER_PAGE,
    default: DEFAULT_PER_PAGE,
    description: 'Most documents of a page',
  }),
  sortOrder: sortOrder
    .optional()
    .meta({ default: 'DESCENDING', description: 'By the time of making, the newest first unless ASCENDING' }),
  nextPageToken: z
    .string()
    .optional()
    .meta({ description: 'Of the header `Link`: it stands for all other parameters that are left out' }),
  filter: z
    .string()
    .optional()
    .meta({
      description:
        '`field=value,value`, several joined by `&`: any of the values, all of the conditions. Values that hold ' +
        '`,`, `&` or `%` are percent-encoded once more.',
      example: 'tags=a,b',
    }),
});

/** Which part of a list is asked for. */
export interface ListRequest<Filter = unknown> {
  readonly perPage: number;
  readonly sortOrder: z.output<typeof sortOrder>;
  readonly filter: string | undefined;
  readonly filters: readonly Filter[];
  /** Position of the last row of the page before; undefined for the first page. */
  readonly after: string | undefined;
}

const tokenSchema = z.object({
  after: z.string(),
  perPage: z.string().refine(isPageSize).optional(),
  sortOrder: sortOrder.optional(),
  filter: z.string().optional(),
});

type Token = z.output<typeof tokenSchema>;

/**
 * What a list's query asks for; a token gives what is left out.
 * @param fields that the list's filter knows
 * @throws InvalidQueryError for a token that is none of ours, AdiError for a wrong filter
 */
export function parseListRequest<Field extends FilterField>(
  query: z.output<typeof listQuery>,
  fields: readonly Field[],
): ListRequest<FilterOn<Field>> {
  const token = query.nextPageToken === undefined ? undefined : readToken(query.nextPageToken);
  const filter = query.filter ?? token?.filter;
  return {
    perPage: Number(query.perPage ?? token?.perPage ?? DEFAULT_PER_PAGE),
    sortOrder: query.sortOrder ?? token?.sortOrder ?? 'DESCENDING',
    filter,
    filters: filter === undefined ? [] : parseFilter(filter, fields),
    after: token?.after,
  };
}

/** The token of the page behind the row at this position, in base64url. */
export function nextPageToken({ perPage, sortOrder: order, filter }: ListRequest, after: string): string {
  const token: Token = { after, perPage: String(perPage), sortOrder: order, filter };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string): Token {
  const parsed = tokenSchema.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  throw invalidToken();
}

/**
 * Where the page of a list begins whose rows are in the order of their numbers.
 * @throws InvalidQueryError for a position that is none
 */
export function startOf({ after, sortOrder: order }: ListRequest): Pick<ListPage, 'after' | 'descending'> {
  if (after !== undefined && !/^\d{1,18}$/.test(after)) throw invalidToken();
  return { after: after === undefined ? null : BigInt(after), descending: order === 'DESCENDING' };
}

function invalidToken(): InvalidQueryError {
  return new InvalidQueryError('nextPageToken has to be taken as it is from the header Link of an answer.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPageSize(text: string): boolean {
  return /^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_PER_PAGE;
}
