import { ValidationError } from '../../errors';
import {
  joinKey,
  referenceDigits,
  requireCoding,
  requireFilter,
  requireKey,
  requirePrefixLength,
  splitKey,
} from './epcKey';
import { escapeSerial, numericSerial, requireSerial, unescapeSerial } from './epcSerial';
import { codingsOf, EPC_SCHEMES, type Epc, type EpcCoding, type EpcScheme, type EpcTag } from './schemes';

/**
 * The pure identity URI of an EPC, `urn:epc:id:…` (TDS, section 6.3).
 * @throws ValidationError for its key (with the right check digit), prefix length or serial.
 */
export function formatEpcUri(epc: Epc): string {
  return `urn:epc:id:${epc.scheme}:${body(epc)}`;
}

/**
 * The tag URI of an EPC, `urn:epc:tag:…` (TDS, section 12), without control fields.
 * @throws ValidationError as formatEpcUri, and for the filter or a serial that the coding cannot hold.
 */
export function formatEpcTagUri(tag: EpcTag): string {
  requireFilter('filter', tag.filter);
  requireCoding('coding', tag.coding, codingsOf(tag.scheme));
  requireFitting('serial', tag);
  return `urn:epc:tag:${tag.coding}:${tag.filter}.${body(tag)}`;
}

/**
 * @param field What refusals name.
 * @throws ValidationError that says which rule the text breaks.
 */
export function parseEpcUri(field: string, text: string): Epc {
  const [, scheme, rest] = /^urn:epc:id:(sgtin|sscc|grai):(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) {
    const message = 'A pure identity EPC URI begins with urn:epc:id: and sgtin:, sscc: or grai:.';
    throw ValidationError.of(field, 'epc_scheme', message);
  }
  return parseBody(field, scheme as EpcScheme, rest);
}

/** The inverse of formatEpcTagUri; parameters and errors as parseEpcUri. */
export function parseEpcTagUri(field: string, text: string): EpcTag {
  const [, coding, scheme, filter, rest] =
    /^urn:epc:tag:((sgtin|sscc|grai)-\d+):([0-7])\.(.*)$/s.exec(text) ?? [];
  if (coding === undefined || scheme === undefined || rest === undefined) {
    const message =
      'An EPC tag URI is urn:epc:tag:, a coding of sgtin, sscc or grai, a colon, the filter value 0 to 7, a dot and the EPC.';
    throw ValidationError.of(field, 'regex', message);
  }
  requireCoding(field, coding, codingsOf(scheme as EpcScheme));
  const epc = parseBody(field, scheme as EpcScheme, rest);
  const tag = { ...epc, coding: coding as EpcCoding, filter: Number(filter) };
  requireFitting(field, tag);
  return tag;
}

/** The 96-bit codings do not hold all serials. */
function requireFitting(field: string, { scheme, coding, serial }: EpcTag): void {
  const { short, serialLength } = EPC_SCHEMES[scheme];
  if (serialLength > 0 && coding === short.name) numericSerial(field, coding, serial);
}

function body({ scheme, key, prefixLength, serial }: Epc): string {
  const { companyPrefix, reference } = splitKey(scheme, requireKey(scheme, key), prefixLength);
  requireSerial('serial', scheme, serial);
  return `${companyPrefix}.${reference}${scheme === 'sscc' ? '' : `.${escapeSerial(serial)}`}`;
}

function parseBody(field: string, scheme: EpcScheme, text: string): Epc {
  const shape = scheme === 'sscc' ? /^(\d+)\.(\d+)()$/ : /^(\d+)\.(\d*)\.(.+)$/s;
  const [, companyPrefix, reference, serialText] = shape.exec(text) ?? [];
  if (companyPrefix === undefined || reference === undefined || serialText === undefined) {
    const parts = scheme === 'sscc' ? 'two numbers' : 'two numbers and a serial';
    const message = `After the scheme an EPC of ${scheme} has ${parts}, with a dot between each two.`;
    throw ValidationError.of(field, 'regex', message);
  }
  const prefixLength = companyPrefix.length;
  requirePrefixLength(field, prefixLength);
  if (reference.length !== referenceDigits(scheme, prefixLength)) {
    const digits = EPC_SCHEMES[scheme].keyDigits - 1;
    throw ValidationError.of(field, 'epc_digits', `The two numbers have ${digits} digits together.`);
  }
  const serial = scheme === 'sscc' ? '' : unescapeSerial(field, scheme, serialText);
  return { scheme, key: joinKey(scheme, { companyPrefix, reference }), serial, prefixLength };
}
