import { type Gs1Item, ITEM_AIS, itemOf, type Unreadable } from './item';
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

/** A link of one path segment on a domain of short codes. */
export interface ShortLink {
  /** As it stands in the link, without port. */
  host: string;
  code: string;
}

/** Scheme and authority, then the path; user, port, query and fragment say nothing of the item. */
const LINK = /^(?:https?:\/\/(?:[^/?#@]*@)?([^/?#@:]+)(?::\d*)?)?(\/[^?#]*)?/i;

/** The primary keys of which items are told. */
const PRIMARY_KEY = /^(?:01|8003|00)$/;

/** Whether a text looks like a URL, or like the path of a GS1 Digital Link. */
export function isLink(text: string): boolean {
  return /^(?:https?:\/\/|\/(?:01|8003|00)\/)/i.test(text);
}

/**
 * The item that a GS1 Digital Link names, of whatever host and with whatever path before it, or a short link. Other
 * application identifiers of the path are passed over, as are query and fragment.
 */
export function parseLink(link: string): Gs1Item | ShortLink | Unreadable {
  const [, host, path = ''] = LINK.exec(link) ?? [];
  const segments = decodeSegments(path.split('/').slice(1));
  if (segments === undefined) return { error: 'A percent escape of the link is broken.' };
  const start = segments.findIndex((segment, i) => PRIMARY_KEY.test(segment) && i + 1 < segments.length);
  if (start !== -1) return itemOfSegments(segments.slice(start));
  if (host !== undefined && segments.length === 1) return { host, code: segments[0] as string };
  return { error: 'The link is neither a GS1 Digital Link of an item nor a short link.' };
}

function decodeSegments(segments: string[]): string[] | undefined {
  while (segments.at(-1) === '') segments.pop();
  try {
    return segments.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** Application identifiers and their values in turn. */
function itemOfSegments(segments: readonly string[]): Gs1Item | Unreadable {
  const values = new Map<string, string>();
  for (let i = 0; i < segments.length; i += 2) {
    const [ai = '', value] = segments.slice(i, i + 2);
    if (value === undefined) return { error: `AI ${ai} has no value in the link.` };
    if (ITEM_AIS.has(ai) && !values.has(ai)) values.set(ai, value);
  }
  return itemOf(values);
}
