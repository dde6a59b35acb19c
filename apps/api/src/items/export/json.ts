import type { RowFormat } from './rowFormat';

/** JSON indented by tabs. */
export const INDENTED_JSON: RowFormat = {
  head: '[\n\t',
  separator: ',\n\t',
  tail: '\n]',
  empty: '[]',
  isVerbatim: true,
  // No line break stands in a text of JSON.
  row: (item) => JSON.stringify(item, null, '\t').replaceAll('\n', '\n\t'),
};
