import { type FieldSource, type TellField, tellField } from './fileFields';
import { type FileField, type FileMetadata, isEpc } from './fileMetadata';

/** How a list of Thngs is written. */
export interface FileLayout {
  contentType: string;
  head: string;
  /** Whether the same stands before each Thng but the first one, and nothing is worked out of a code. */
  isUniform: boolean;
  /** What stands before the `place`-th Thng, counted from 0; nothing before the first one. */
  glue(place: number): string;
  text: TellField;
  /** What stands behind `count` of them. */
  tail(count: number): string;
}

/** The formats of an order's identifiers. */
export type FileFormat = 'csv' | 'txt' | 'json';

/** The fields that a file in this format tells. */
export function fieldsOf(files: FileMetadata, format: FileFormat): readonly FileField[] {
  if (format === 'csv') return files.csv?.columns ?? ['identifier'];
  return [(format === 'txt' ? files.txt?.value : undefined) ?? 'identifier'];
}

export function fileLayout(files: FileMetadata, format: FileFormat, source: FieldSource): FileLayout {
  if (format === 'csv') return csvLayout(files, source);
  return format === 'txt' ? txtLayout(files, source) : jsonLayout();
}

/** RFC 4180, with a header. */
function csvLayout(files: FileMetadata, source: FieldSource): FileLayout {
  const columns = fieldsOf(files, 'csv');
  const cells = columns.map((field) => tellField(field, source, files.csv?.digitalLinkDomain));
  return {
    contentType: 'text/csv; charset=utf-8',
    head: `${columns.join(',')}\r\n`,
    isUniform: !columns.some(isEpc),
    glue: () => '',
    text: (code, shortId) => `${cells.map((tell) => csvCell(tell(code, shortId))).join(',')}\r\n`,
    tail: () => '',
  };
}

/**
 * In quotes where it must be. A cell that begins as a formula does (`-` is a character of GS1-64w) stays as it is: the
 * file tells codes exactly, for printers and ERP systems.
 */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function txtLayout(files: FileMetadata, source: FieldSource): FileLayout {
  const { perLine = 1, separator = ',', newLine = '\n', digitalLinkDomain } = files.txt ?? {};
  const lineEnd = newLine.replaceAll('\\r\\n', '\r\n');
  const field = fieldsOf(files, 'txt')[0] as FileField;
  return {
    contentType: 'text/plain; charset=utf-8',
    head: '',
    isUniform: perLine === 1 && !isEpc(field),
    glue(place) {
      if (place === 0) return '';
      return place % perLine === 0 ? lineEnd : separator;
    },
    text: tellField(field, source, digitalLinkDomain),
    tail: (count) => (count === 0 ? '' : lineEnd),
  };
}

function jsonLayout(): FileLayout {
  return {
    contentType: 'application/json; charset=utf-8',
    head: '[',
    isUniform: true,
    glue: (place) => (place === 0 ? '' : ','),
    text: (code) => JSON.stringify(code),
    tail: () => ']',
  };
}
