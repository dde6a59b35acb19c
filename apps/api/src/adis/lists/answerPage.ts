import type { Request } from 'express';
import type { ApiContext } from '../../context';
import { publicUrl } from '../../http/publicUrl';
import { type Answer, json } from '../../http/route';
import { type ListRequest, nextPageToken } from './listRequest';

/** How a list is read and shown. */
export interface List<Row> {
  /** Of the list itself, for the link to its next page. */
  readonly path: string;
  /** The rows behind `request.after`, at most `limit`. */
  read(limit: number): Promise<readonly Row[]>;
  /** What `after` is for the page behind this row. */
  positionOf(row: Row): string;
  shape(row: Row): object;
}

/**
 * Answers a page, with a link to the next one if there is one. The official client decodes the whole link and parts it
 * at commas, so its only parameter is the token, which holds none.
 */
export async function answerPage<Row>(
  context: ApiContext,
  http: Request,
  request: ListRequest,
  { path, read, positionOf, shape }: List<Row>,
): Promise<Answer> {
  const rows = await read(request.perPage + 1);
  const page = rows.slice(0, request.perPage);
  const last = page.at(-1);
  const documents = page.map(shape);
  if (last === undefined || rows.length === page.length) return json(documents);
  const token = nextPageToken(request, positionOf(last));
  const link = `<${publicUrl(context, http)}${path}?nextPageToken=${token}>; rel="next"`;
  return json(documents, 200, { link });
}
