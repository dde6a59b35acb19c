import {
  type Client,
  orderNamespace,
  readCodes,
  type StoredOrder,
  streamCodeRuns,
  streamOrderCodes,
} from '@codemint/db';
import { sliced } from '../../codes/codeRuns';
import { keyPrefixLength } from '../../codes/columns/subject';
import { newMarks, RunWriter } from '../../codes/runWriter';
import { orderErrors } from '../orders/orderErrors';
import { type FileFormat, type FileLayout, fieldsOf, fileLayout } from './fileLayouts';
import { type FileMetadata, isEpc, needsNamespace } from './fileMetadata';
import type { FileName } from './signedLinks';

type Parts = AsyncGenerator<Buffer | string>;

/** A file that is made while it is sent. */
export interface FileContent {
  contentType: string;
  parts: Parts;
}

/** A file of a completed order. */
export async function fileContent(client: Client, order: StoredOrder, file: FileName): Promise<FileContent> {
  if (file === 'errors.json') {
    return { contentType: 'application/json; charset=utf-8', parts: errorParts(client, order) };
  }
  const format = file.slice(file.indexOf('.') + 1) as FileFormat;
  const files = (order.fileMetadata ?? {}) as FileMetadata;
  const fields = fieldsOf(files, format);
  const namespace = fields.some(needsNamespace) ? await orderNamespace(client, order.batchId) : undefined;
  const prefixLength =
    namespace !== undefined && fields.some(isEpc) ? await keyPrefixLength(client, namespace, order) : null;
  const layout = fileLayout(files, format, { order, namespace, prefixLength });
  const source = fields.includes('shortUrl') ? order : { ...order, shortBatchId: null };
  return { contentType: layout.contentType, parts: identifierParts(client, source, layout) };
}

/** Characters that stand for themselves in links, CSV and JSON: those of every character set, not of every prefix. */
const VERBATIM = /^[\w.~-]+$/;

/** @param order without short ids where none are told */
async function* identifierParts(client: Client, order: StoredOrder, layout: FileLayout): Parts {
  const isAlike = layout.isUniform && order.shortBatchId === null && !order.isSupplied;
  const [first] = isAlike ? await readCodes(client, order.batchId, { offset: 0, limit: 1 }) : [];
  const parts = first !== undefined && VERBATIM.test(first.code) ? bytesOf : textsOf;
  if (layout.head !== '') yield layout.head;
  let count = 0;
  for await (const part of parts(client, order, layout)) {
    yield part.rows;
    count += part.count;
  }
  yield layout.tail(count);
}

type Rows = AsyncGenerator<{ count: number; rows: Buffer | string }>;

/** Rows of generated codes, which differ in nothing but their codes: no string is made for any. */
async function* bytesOf(client: Client, order: StoredOrder, { glue, text }: FileLayout): Rows {
  const { batchId, created } = order;
  const marks = newMarks();
  const row = text(marks.code, '');
  let written = 0;
  for await (const run of streamCodeRuns(client, batchId, 0)) {
    const { width, ...codes } = sliced(run, 0, created - written);
    const writer = new RunWriter({ row, separator: glue(1), marks, batchId, width });
    const count = codes.places.length;
    if (count > 0) yield { count, rows: writer.rows(codes, written === 0) };
    written += count;
  }
}

async function* textsOf(client: Client, order: StoredOrder, { glue, text }: FileLayout): Rows {
  let written = 0;
  for await (const { codes, shortIds } of streamOrderCodes(client, order)) {
    let rows = '';
    for (const [i, code] of codes.entries()) rows += glue(written + i) + text(code, shortIds?.[i] ?? '');
    yield { count: codes.length, rows };
    written += codes.length;
  }
}

/** A map from identifier to error, written by hand: of an object Node would put identifiers that are numbers first. */
async function* errorParts(client: Client, order: StoredOrder): Parts {
  const errors = await orderErrors(client, order);
  const entries = Array.from(errors, ([id, error]) => `${JSON.stringify(id)}:${JSON.stringify(error)}`);
  yield `{${entries.join(',')}}`;
}
