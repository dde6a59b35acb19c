import type { Collection } from '../collection';
import { account } from './account';
import { auditLog } from './auditLog';
import { codeReservation } from './codeReservation';
import { domain } from './domain';
import { identifierJob } from './identifierJob';
import { issuingPolicy } from './issuingPolicy';
import { product } from './product';
import { replenishmentRule } from './replenishmentRule';
import { uniqueCode } from './uniqueCode';
import { users } from './users';

/** All collections by name. */
export const COLLECTIONS: Readonly<Record<string, Collection>> = {
  [identifierJob.name]: identifierJob,
  [product.name]: product,
  [domain.name]: domain,
  [account.name]: account,
  [users.name]: users,
  [uniqueCode.name]: uniqueCode,
  [codeReservation.name]: codeReservation,
  [issuingPolicy.name]: issuingPolicy,
  [replenishmentRule.name]: replenishmentRule,
  [auditLog.name]: auditLog,
};

/** @throws Error if a description names a collection that is not there. */
export function collectionNamed(name: string): Collection {
  const found = COLLECTIONS[name];
  if (found === undefined) throw new Error(`no collection "${name}"`);
  return found;
}
