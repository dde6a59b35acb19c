import type { NamespaceKey, StoredOrder } from '@codemint/db';
import { graiPath, sgtinPath } from '@codemint/shared';
import type { FileField } from './fileMetadata';

/** What is told of a Thng, from its code and its short id. */
export type TellField = (code: string, shortId: string) => string;

/** What the fields of files are made of. */
export interface FieldSource {
  order: Pick<StoredOrder, 'product' | 'shortDomain' | 'linkHost'>;
  /** Of the order's codes; undefined where no digital link is asked for. */
  namespace: NamespaceKey | undefined;
}

/**
 * How a field is told of each Thng of an order.
 * @param linkDomain what stands before the path of digital links, the host of the order's links unless it is given
 */
export function tellField(
  field: FileField,
  { order, namespace }: FieldSource,
  linkDomain = `https://${order.linkHost}`,
): TellField {
  switch (field) {
    case 'identifier':
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
  }
}

function linkPath(namespace: NamespaceKey | undefined): (code: string) => string {
  const key = namespace?.key ?? '';
  if (namespace?.kind === 'sgtin') return (code) => sgtinPath(key, code);
  if (namespace?.kind === 'grai') return (code) => graiPath(key, code);
  throw new Error(`codes of the namespace ${namespace?.kind} have no digital link`);
}
