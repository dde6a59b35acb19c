import type { Response } from 'express';
import { attachment } from '../../codes/fileName';
import { primed, sendParts } from '../../codes/sendParts';
import { type Answer, written } from '../../http/route';
import type { Collection } from '../collection';
import type { ItemsQuery } from '../query/itemsQuery';
import { columnsOf } from './csv';
import type { ExportFormat } from './formats';
import { writtenRows } from './rowFormat';

/** As many items tell which columns there are; all if there are no more. */
const SAMPLE = 2_000;

/** Sends items as a file of a format, bare and however many they are, no faster than they are read. */
export function exportItems(
  response: Response,
  { name }: Collection,
  format: ExportFormat,
  { fields, grouping }: Pick<ItemsQuery, 'fields' | 'grouping'>,
  pages: AsyncGenerator<readonly unknown[]>,
): Promise<Answer> {
  return sendFile(response, exportName(name, format), format, () =>
    exportParts(format, grouping === undefined ? columnsOf(fields) : [], pages),
  );
}

async function* exportParts(
  format: ExportFormat,
  columns: readonly string[],
  pages: AsyncGenerator<readonly unknown[]>,
): AsyncGenerator<string> {
  try {
    const sample: unknown[] = [];
    let isAll = false;
    while (!isAll && sample.length < SAMPLE) {
      const page = await pages.next();
      if (page.done) isAll = true;
      else sample.push(...page.value);
    }
    const rows = format.open(sample, isAll ? [] : columns);
    yield* writtenRows(rows, followed(sample, pages));
  } finally {
    await pages.return(undefined);
  }
}

async function* followed<Page>(first: Page, rest: AsyncGenerator<Page>): AsyncGenerator<Page> {
  yield first;
  yield* rest;
}

/** Name of a file that is made now of a collection. */
export function exportName(collection: string, { extension }: Pick<ExportFormat, 'extension'>): string {
  return `${collection} ${timestamp(new Date())}.${extension}`;
}

/**
 * Sends a file.
 * @param makeParts not called where the caller asks for the headers alone
 * @param gzip the caller takes it compressed
 */
export async function sendFile(
  response: Response,
  fileName: string,
  { contentType }: Pick<ExportFormat, 'contentType'>,
  makeParts: () => AsyncGenerator<Buffer | string>,
  gzip = false,
): Promise<Answer> {
  const isHead = response.req.method === 'HEAD';
  // What fails at the start fails here, while the answer can still be an error.
  const parts = isHead ? undefined : await primed(makeParts());
  response.set({
    'content-type': contentType,
    'content-disposition': attachment(fileName),
    'cache-control': 'no-cache',
    ...(gzip && { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }),
  });
  if (parts === undefined) response.end();
  else await sendParts(response, parts, gzip);
  return written;
}

/** `20261121-203010`, in UTC. */
function timestamp(time: Date): string {
  return time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
