import { codeReservation } from '../collections/codeReservation';
import { domain } from '../collections/domain';
import { identifierJob } from '../collections/identifierJob';
import { issuingPolicy } from '../collections/issuingPolicy';
import { product } from '../collections/product';
import { replenishmentRule } from '../collections/replenishmentRule';
import { domainRules } from './domainRules';
import { jobWriter } from './jobs/jobWriter';
import { policyRules } from './policyRules';
import { productRules } from './productRules';
import { replenishmentRules } from './replenishmentRules';
import { reservationWriter } from './reservations/reservationWriter';
import { tableWriter } from './tableWriter';
import type { Writer } from './writer';

/** How collections are written, by name; those that are not here are only read. */
export const WRITERS: Readonly<Record<string, Writer>> = {
  [identifierJob.name]: jobWriter,
  [product.name]: tableWriter(product, productRules),
  [domain.name]: tableWriter(domain, domainRules),
  [codeReservation.name]: reservationWriter,
  [issuingPolicy.name]: tableWriter(issuingPolicy, policyRules),
  [replenishmentRule.name]: tableWriter(replenishmentRule, replenishmentRules),
};
