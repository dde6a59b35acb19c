/**
 * How a list of codes is written: `head`, the rows with `separator` between them, `tail`. A row is the first of
 * `parts`, then the code and the next of them, and so on: two parts hold the code once, three hold it twice.
 */
export interface Layout {
  head: string;
  separator: string;
  parts: readonly string[];
  tail: string;
}

export interface DownloadFormat {
  /** For the API's description. */
  description: string;
  contentType: string;
  /** @param linkHead all of a code's digital link that stands before the code */
  layout(linkHead: string): Layout;
}

/** What a job's codes can be downloaded as, by the ending of the path. */
export const DOWNLOAD_FORMATS = {
  csv: {
    description: 'CSV with the header `code,digital_link`',
    contentType: 'text/csv; charset=utf-8',
    layout: (linkHead) => ({
      head: 'code,digital_link\n',
      separator: '',
      parts: ['', `,${linkHead}`, '\n'],
      tail: '',
    }),
  },
  txt: {
    description: 'text, one code a line',
    contentType: 'text/plain; charset=utf-8',
    layout: () => ({ head: '', separator: '', parts: ['', '\n'], tail: '' }),
  },
  json: {
    description: 'a JSON array of strings',
    contentType: 'application/json; charset=utf-8',
    layout: () => ({ head: '[', separator: ',', parts: ['"', '"'], tail: ']' }),
  },
  ndjson: {
    description: 'a JSON object a line, with `code` and `digital_link`',
    contentType: 'application/x-ndjson; charset=utf-8',
    layout: (linkHead) => ({
      head: '',
      separator: '',
      parts: ['{"code":"', `","digital_link":"${linkHead}`, '"}\n'],
      tail: '',
    }),
  },
} as const satisfies Record<string, DownloadFormat>;

export type DownloadFormatName = keyof typeof DOWNLOAD_FORMATS;
