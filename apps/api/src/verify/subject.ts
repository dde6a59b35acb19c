import type { NamespaceKey } from '@codemint/db';
import {
  InvalidPayloadError,
  isUuid,
  logisticUnit,
  normaliseCompanyPrefix,
  normaliseGtin,
  parseProductKey,
  serialIssue,
  UnknownReferenceError,
  type Unreadable,
  ValidationError,
} from '@codemint/shared';
import { hostName } from '../domains/hostName';
import type { Scope } from '../items/scope';

/** A code of certain namespaces: of the first of them that owns it. */
export interface NamedCode {
  namespaces: readonly NamespaceKey[];
  /** As it is kept: a serial, a short code or a whole SSCC. */
  code: string;
}

/** What bare codes of a request are codes of. */
export interface Subject {
  readonly namespaces: readonly NamespaceKey[];
  /** Such a code, or why it can be none. */
  read(code: string): NamedCode | Unreadable;
}

export interface NamedSubject {
  product?: string | undefined;
  domain?: string | undefined;
  sscc_company_prefix?: string | undefined;
}

const SHORT_CODE = /^[A-Za-z0-9\-._~]{1,20}$/;

/**
 * What a request says its bare codes are of; undefined if it does not.
 * @throws InvalidPayloadError, ValidationError, UnknownReferenceError
 */
export async function findSubject(scope: Scope, named: NamedSubject): Promise<Subject | undefined> {
  const { product, domain, sscc_company_prefix: prefix } = named;
  if ([product, domain, prefix].filter((one) => one !== undefined).length > 1) {
    throw new InvalidPayloadError('Only one of "product", "domain" and "sscc_company_prefix" can be given');
  }
  if (product !== undefined) return serials(await productNamespaces(scope, product));
  if (domain !== undefined) return shortCodes(await domainName(scope, domain));
  if (prefix !== undefined) return logisticUnits(normaliseCompanyPrefix('sscc_company_prefix', prefix));
  return undefined;
}

/** A short code of a domain, or why it can be none. */
export function shortCode(domain: string, code: string): NamedCode | Unreadable {
  if (!SHORT_CODE.test(code)) return { error: 'A short code has 1 to 20 letters, digits and "-._~".' };
  return { namespaces: [{ kind: 'short_code', key: domain }], code };
}

function serials(namespaces: readonly NamespaceKey[]): Subject {
  return {
    namespaces,
    read(code) {
      const fitting = namespaces.filter(
        ({ kind }) => serialIssue(kind as 'sgtin' | 'grai', code) === undefined,
      );
      if (fitting.length > 0) return { namespaces: fitting, code };
      return serialIssue(namespaces[0]?.kind as 'sgtin' | 'grai', code) as Unreadable;
    },
  };
}

function shortCodes(domain: string): Subject {
  return { namespaces: [{ kind: 'short_code', key: domain }], read: (code) => shortCode(domain, code) };
}

function logisticUnits(companyPrefix: string): Subject {
  const namespaces: readonly NamespaceKey[] = [{ kind: 'sscc', key: '' }];
  return {
    namespaces,
    read(code) {
      const unit = logisticUnit(code);
      if ('error' in unit) return unit;
      if (code.startsWith(companyPrefix, 1)) return { namespaces, code };
      return { error: `It is no SSCC of the company prefix "${companyPrefix}".` };
    },
  };
}

/** A returnable asset that has a GTIN too may have serials of either: those of ADI orders are the GTIN's. */
async function productNamespaces(scope: Scope, product: string): Promise<NamespaceKey[]> {
  if (/^\d+$/.test(product)) return [{ kind: 'sgtin', key: normaliseGtin('product', product) }];
  const key = parseProductKey(product, 'product');
  if (key?.kind === 'sgtin') return [key];
  const gtin = await gtinOf(scope, product);
  const namespaces: NamespaceKey[] = key === null ? [] : [key];
  if (gtin !== null) namespaces.push({ kind: 'sgtin', key: gtin });
  if (namespaces.length > 0) return namespaces;
  throw new UnknownReferenceError('unique_code', 'product', product);
}

/** GTIN-14 of a product that the caller may see. */
async function gtinOf({ context, caller }: Scope, product: string): Promise<string | null> {
  const { rows } = await context.database.pool.query<{ gtin: string | null }>(
    'SELECT gtin FROM product WHERE id = $1 AND ($2::uuid IS NULL OR account_id = $2)',
    [product.replaceAll('\0', '\uFFFD'), caller.accountId],
  );
  return rows[0]?.gtin ?? null;
}

/** @param domain a host name, or the id of a domain that the caller may see */
async function domainName({ context, caller }: Scope, domain: string): Promise<string> {
  if (isUuid(domain)) {
    const { rows } = await context.database.pool.query<{ name: string }>(
      'SELECT domain_name AS name FROM domain WHERE id = $1 AND ($2::uuid IS NULL OR account_id = $2)',
      [domain, caller.accountId],
    );
    if (rows[0] === undefined) throw new UnknownReferenceError('unique_code', 'domain', domain);
    return rows[0].name;
  }
  const name = hostName(domain);
  if (name !== undefined) return name;
  throw ValidationError.of(
    'domain',
    'regex',
    'Value has to be a host name such as "id.example.com", or an id.',
  );
}
