import type { Route } from '../http/route';
import type { Collection } from './collection';
import { account } from './collections/account';
import { auditLog } from './collections/auditLog';
import { codeReservation } from './collections/codeReservation';
import { domain } from './collections/domain';
import { identifierJob } from './collections/identifierJob';
import { issuingPolicy } from './collections/issuingPolicy';
import { product } from './collections/product';
import { replenishmentRule } from './collections/replenishmentRule';
import { readRoutes } from './read/routes';
import { userRoutes } from './userRoutes';
import { WRITERS } from './write';
import { writeRoutes } from './write/routes';

/** Every collection that tables hold, at `/items/<name>`; users at `/users`. */
export const itemRoutes: readonly Route[] = [
  ...[
    identifierJob,
    codeReservation,
    replenishmentRule,
    issuingPolicy,
    product,
    domain,
    account,
    auditLog,
  ].flatMap(collectionRoutes),
  ...userRoutes,
];

function collectionRoutes(collection: Collection): Route[] {
  const path = `/items/${collection.name}`;
  const writer = WRITERS[collection.name];
  return [
    ...readRoutes(collection, path),
    ...(writer === undefined ? [] : writeRoutes({ collection, writer }, path)),
  ];
}
