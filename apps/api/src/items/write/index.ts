import { domain } from '../collections/domain';
import { identifierJob } from '../collections/identifierJob';
import { product } from '../collections/product';
import { domainRules } from './domainRules';
import { jobWriter } from './jobs/jobWriter';
import { productRules } from './productRules';
import { tableWriter } from './tableWriter';
import type { Writer } from './writer';

/** How collections are written, by name; those that are not here are only read. */
export const WRITERS: Readonly<Record<string, Writer>> = {
  [identifierJob.name]: jobWriter,
  [product.name]: tableWriter(product, productRules),
  [domain.name]: tableWriter(domain, domainRules),
};
