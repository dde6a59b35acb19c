import { planOrder, type RequestedCodes } from '@codemint/db';
import { ValidationError } from '@codemint/shared';
import type { z } from 'zod';
import { hostName } from '../../domains/hostName';
import { hostOfTarget } from '../../redirects/target';
import { checkBody, requireStorable } from '../checkBody';
import { AdiError } from '../errors';
import { type FileMetadata, fileMetadataIssues } from '../files/fileMetadata';
import { DEFAULT_CHARACTER_SET, orderInput } from './orderSchemas';

type Body = z.output<typeof orderInput>;

/** An order as far as its body tells: what it refers to is not looked up yet. */
export interface RequestedOrder {
  readonly body: Body;
  readonly codes: RequestedCodes;
  /** With the defaults filled in. */
  readonly idGeneration: object | null;
  readonly short: { domain: string; defaultRedirectUrl: string } | null;
  readonly fileMetadata: FileMetadata | null;
}

/** Of these the core says more exactly what is wrong, and no other member of them is taken. */
const CODES = ['ids', 'idGeneration'];

/**
 * Reads the body of an order.
 * @throws ValidationError, AdiError
 */
export function parseOrder(sent: unknown): RequestedOrder {
  requireStorable(sent, CODES);
  const body = checkBody(orderInput, sent);
  const { metadata, fileMetadata = null } = body;
  const issues = fileMetadata === null ? [] : fileMetadataIssues(fileMetadata, metadata);
  if (issues.length > 0) throw new ValidationError(issues);
  const codes = codesOf(body);
  // Without account and product: what they change is looked at again when they are known.
  planOrder({ accountId: '', identifierKey: metadata.identifierKey, product: null, codes });
  return {
    body,
    codes,
    idGeneration: body.idGeneration ? { characterSet: DEFAULT_CHARACTER_SET, ...body.idGeneration } : null,
    short: shortOf(metadata),
    fileMetadata,
  };
}

function codesOf({ ids = [], idGeneration }: Body): RequestedCodes {
  if (idGeneration === undefined) return { kind: 'supplied', ids };
  const { prefix = '', suffix = '', characterSet = DEFAULT_CHARACTER_SET, length, quantity } = idGeneration;
  return { kind: 'generated', prefix, suffix, characterSet, length, quantity };
}

function shortOf({ shortDomain, defaultRedirectUrl }: Body['metadata']): RequestedOrder['short'] {
  const domain = shortDomain === undefined ? undefined : hostName(shortDomain);
  if (domain === undefined && defaultRedirectUrl === undefined) return null;
  if (domain !== undefined && defaultRedirectUrl !== undefined) {
    if (hostOfTarget(defaultRedirectUrl) !== domain) return { domain, defaultRedirectUrl };
    throw new AdiError(
      80000150,
      'metadata.defaultRedirectUrl: It must not lead back to metadata.shortDomain.',
    );
  }
  const [given, missing] =
    domain === undefined ? ['defaultRedirectUrl', 'shortDomain'] : ['shortDomain', 'defaultRedirectUrl'];
  throw new AdiError(80000100, `metadata.${given} needs metadata.${missing}: send both or neither.`);
}
