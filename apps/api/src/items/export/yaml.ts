import { dump } from 'js-yaml';
import type { RowFormat } from './rowFormat';

/** A list of YAML is the lists of each of its items, one behind the other. */
export const YAML: RowFormat = {
  head: '',
  separator: '',
  tail: '',
  empty: '[]\n',
  // Whether a text has to be quoted depends on what it looks like: 12345 and null are no texts.
  isVerbatim: false,
  row: (item) => dump([item], { noRefs: true }),
};
