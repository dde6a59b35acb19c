/** How a list of codes is written: `head`, a row for each with `separator` between them, `tail`. */
interface DownloadFormat {
  /** For the API's description. */
  description: string;
  contentType: string;
  head: string;
  separator: string;
  /** @param link the code's digital link */
  row(code: string, link: string): string;
  tail: string;
}

/** What a job's codes can be downloaded as, by the ending of the path. */
export const DOWNLOAD_FORMATS = {
  csv: {
    description: 'CSV with the header `code,digital_link`',
    contentType: 'text/csv; charset=utf-8',
    head: 'code,digital_link\n',
    separator: '',
    // Links are escaped already.
    row: (code, link) => `${csvCell(code)},${link}\n`,
    tail: '',
  },
  txt: {
    description: 'text, one code a line',
    contentType: 'text/plain; charset=utf-8',
    head: '',
    separator: '',
    row: (code) => `${code}\n`,
    tail: '',
  },
  json: {
    description: 'a JSON array of strings',
    contentType: 'application/json; charset=utf-8',
    head: '[',
    separator: ',',
    row: (code) => JSON.stringify(code),
    tail: ']',
  },
  ndjson: {
    description: 'a JSON object a line, with `code` and `digital_link`',
    contentType: 'application/x-ndjson; charset=utf-8',
    head: '',
    separator: '',
    row: (code, link) => `${JSON.stringify({ code, digital_link: link })}\n`,
    tail: '',
  },
} as const satisfies Record<string, DownloadFormat>;

export type DownloadFormatName = keyof typeof DOWNLOAD_FORMATS;

/** In quotes where it must be (RFC 4180): imported codes may have such characters. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
