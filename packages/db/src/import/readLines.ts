import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InvalidPayloadError, ValidationError } from '@codemint/shared';
import { CsvError, parse } from 'csv-parse';
import { IMPORT_FIELDS, type ImportLine, type UnreadableLine } from './importLine';

export type ImportFormat = 'csv' | 'ndjson';

type Line = ImportLine | UnreadableLine;
type ImportField = (typeof IMPORT_FIELDS)[number];

/** No code, id or key comes near. */
const MAX_LINE_LENGTH = 10_000;

/**
 * The lines of a file of codes as it comes in: CSV (RFC 4180) with a header, or JSON objects, one a line. Lines that
 * make no sense come as such; empty ones are passed over.
 * @throws InvalidPayloadError where the rest of the file cannot be understood either; what `file` fails with
 */
export function readLines(file: Readable, format: ImportFormat): AsyncGenerator<Line> {
  return format === 'csv' ? readCsv(file) : readNdjson(file);
}

async function* readCsv(file: Readable): AsyncGenerator<Line> {
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_LINE_LENGTH,
  });
  // Its failure comes out of the parser below.
  const piped = pipeline(file, parser).catch(() => undefined);
  let header: ImportField[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (header === undefined) header = parseHeader(record);
      else yield lineOfRecord(header, record, info.lines);
    }
  } catch (error) {
    throw error instanceof CsvError ? new InvalidPayloadError(`The CSV is wrong: ${error.message}`) : error;
  }
  await piped;
  if (header === undefined) throw new InvalidPayloadError(`The CSV has no header: ${HEADER_RULE}`);
}

const HEADER_RULE = `its first line has to name some of ${IMPORT_FIELDS.join(', ')}, in any order, code among them`;

function parseHeader(names: readonly string[]): ImportField[] {
  const header = names.map((name) => IMPORT_FIELDS.find((field) => field === name.toLowerCase()));
  const fields = header.filter((field) => field !== undefined);
  if (fields.length < names.length || new Set(fields).size < names.length || !fields.includes('code')) {
    throw new InvalidPayloadError(`The CSV's header is wrong: ${HEADER_RULE}`);
  }
  return fields;
}

function lineOfRecord(header: readonly ImportField[], record: readonly string[], line: number): Line {
  if (record.length !== header.length) {
    return unreadable(line, `It has ${record.length} values where the header has ${header.length} names.`);
  }
  const read: ImportLine = { line };
  for (const [at, field] of header.entries()) read[field] = record[at] || null;
  return read;
}

async function* readNdjson(file: Readable): AsyncGenerator<Line> {
  let line = 0;
  for await (const text of splitLines(file)) {
    line++;
    if (text.trim() !== '') yield lineOfJson(text, line);
  }
}

/** readline would gather a line of any length. */
async function* splitLines(file: Readable): AsyncGenerator<string> {
  let rest = '';
  file.setEncoding('utf8');
  for await (const part of file as AsyncIterable<string>) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() as string;
    if (rest.length > MAX_LINE_LENGTH) {
      throw new InvalidPayloadError(`A line has more than ${MAX_LINE_LENGTH} characters`);
    }
    yield* lines;
  }
  yield rest;
}

function lineOfJson(text: string, line: number): Line {
  const value = parseJson(text.replace(/^\uFEFF/, ''));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return unreadable(line, 'It has to be one JSON object.');
  }
  const read: ImportLine = { line };
  for (const [name, content] of Object.entries(value)) {
    const field = IMPORT_FIELDS.find((known) => known === name);
    if (field === undefined) return unreadable(line, `It may have ${IMPORT_FIELDS.join(', ')} alone.`);
    if (typeof content !== 'string' && content !== null) {
      const error = ValidationError.of(field, 'type', 'Value has to be a string.');
      return { line, error };
    }
    read[field] = content || null;
  }
  return read;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(line: number, message: string): UnreadableLine {
  return { line, error: ValidationError.of('line', 'format', message) };
}
