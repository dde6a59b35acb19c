import type { ProductKey } from './keys';

/** Host of the links of an account that has not exactly one domain: GS1's own resolver. */
export const DEFAULT_LINK_HOST = 'id.gs1.org';

/** The path of all of a product's items, which is the product's id: `/01/{GTIN-14}` or `/8003/0{asset type}`. */
export function productPath({ kind, key }: ProductKey): string {
  return kind === 'sgtin' ? `/01/${key}` : `/8003/0${key}`;
}

/** The GS1 Digital Link path of one item of a GTIN-14. */
export function sgtinPath(gtin: string, serial: string): string {
  return `/01/${gtin}/21/${escapeLinkValue(serial)}`;
}

/** The GS1 Digital Link path of one asset: AI 8003 is a zero, the 13 digits of the asset type and the serial. */
export function graiPath(assetType: string, serial: string): string {
  return `/8003/0${assetType}${escapeLinkValue(serial)}`;
}

/** The GS1 Digital Link path of a logistic unit. */
export function ssccPath(sscc: string): string {
  return `/00/${sscc}`;
}

/** Percent-encodes all but the unreserved characters of RFC 3986, `A-Za-z0-9-._~`, as Digital Link asks. */
export function escapeLinkValue(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
