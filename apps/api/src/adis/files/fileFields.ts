import type { NamespaceKey, StoredOrder } from '@codemint/db';
import { ConflictError, graiPath, sgtinPath } from '@codemint/shared';
import { columnText } from '../../codes/columns/column';
import { columnOf } from '../../codes/columns/columns';
import type { ColumnName } from '../../codes/columns/names';
import type { FileField } from './fileMetadata';

/** What is told of a Thng, from its code and its short id. */
export type TellField = (code: string, shortId: string) => string;

/** What the fields of files are made of. */
export interface FieldSource {
  order: Pick<StoredOrder, 'product' | 'shortDomain' | 'linkHost'>;
  /** Of the order's codes; undefined where nothing is told that it decides. */
  namespace: NamespaceKey | undefined;
  /** Digits of the company prefix; null where no EPC is told, or nobody says any more how many they are. */
  prefixLength: number | null;
}

/** Fields that are columns of other files too. */
const COLUMNS = {
  gtin: 'gtin',
  elementString: 'element_string',
  epcUri: 'epc_uri',
  epcHex: 'epc_hex',
} as const satisfies Partial<Record<FileField, ColumnName>>;

/**
 * How a field is told of each Thng of an order.
 * @param linkDomain what stands before the path of digital links, the host of the order's links unless it is given
 * @throws ConflictError for an EPC where the length of the company prefix is not known any more
 */
export function tellField(
  field: FileField,
  source: FieldSource,
  linkDomain = `https://${source.order.linkHost}`,
): TellField {
  const { order, namespace } = source;
  switch (field) {
    case 'identifier':
    case 'serial':
      return (code) => code;
    case 'product':
      return () => order.product ?? '';
    case 'shortUrl':
      return (_code, shortId) => `https://${order.shortDomain}/${shortId}`;
    case 'digitalLink': {
      const base = linkDomain.replace(/\/+$/, '');
      const path = linkPath(namespace);
      return (code) => base + path(code);
    }
    default:
      return tellColumn(COLUMNS[field], source);
  }
}

function tellColumn(
  name: (typeof COLUMNS)[keyof typeof COLUMNS],
  { order, namespace, prefixLength }: FieldSource,
): TellField {
  const isEpc = name === 'epc_uri' || name === 'epc_hex';
  if (isEpc && prefixLength === null) {
    throw new ConflictError(
      'The file tells EPCs, and the length of the company prefix is not known any more: set company_prefix_length in an issuing_policy of the product or of its account.',
    );
  }
  const { kind = 'adi', key = '' } = namespace ?? {};
  if (kind === 'adi') throw new Error(`codes of the namespace ${kind} have no ${name}`);
  const noLinks = { digitalLink: '', epcJoinKey: '' };
  const column = columnOf(name, { type: kind, key, prefixLength, product: order.product, ...noLinks }, 0);
  return (code) => columnText(column, code, 0);
}

function linkPath(namespace: NamespaceKey | undefined): (code: string) => string {
  const key = namespace?.key ?? '';
  if (namespace?.kind === 'sgtin') return (code) => sgtinPath(key, code);
  if (namespace?.kind === 'grai') return (code) => graiPath(key, code);
  throw new Error(`codes of the namespace ${namespace?.kind} have no digital link`);
}
