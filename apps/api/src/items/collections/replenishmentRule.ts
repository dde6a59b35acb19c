import { CHARACTER_SET_ALIASES, CHARACTER_SET_NAMES } from '@codemint/shared';
import { AUDIT_FIELDS, accountField, type Collection, ID_FIELD } from '../collection';

export const replenishmentRule: Collection = {
  name: 'replenishment_rule',
  title: 'replenishment rule',
  description: 'Rules that keep a stock of unassigned codes by making identifier jobs.',
  source: 'replenishment_rule',
  primaryKey: 'id',
  accountColumn: 'account',
  fields: {
    id: ID_FIELD,
    ...AUDIT_FIELDS,
    account: accountField('Account of the rule: that of its product or domain.'),
    product: {
      type: 'string',
      setBy: 'creator',
      nullable: true,
      relation: 'product',
      description: 'Product whose codes are kept in stock; either this or a domain.',
      example: '/01/09312345551927',
    },
    domain: {
      type: 'uuid',
      setBy: 'creator',
      nullable: true,
      relation: 'domain',
      description: 'Domain whose short codes are kept in stock; either this or a product.',
    },
    type: {
      type: 'string',
      setBy: 'creator',
      values: ['sgtin', 'grai', 'short_code'],
      whyNoOther: 'SSCCs belong to no product or domain whose stock could be kept.',
      description: 'What kind of code: sgtin or grai as the product is one, short_code for a domain.',
      example: 'sgtin',
    },
    character_set: {
      type: 'string',
      setBy: 'creator',
      values: CHARACTER_SET_NAMES,
      ignoreCase: true,
      aliases: CHARACTER_SET_ALIASES,
      description:
        'Characters of the codes; upper or lower case, `N` is kept as `numeric`. Default alphanumeric.',
      example: 'alphanumeric',
    },
    length: {
      type: 'integer',
      setBy: 'creator',
      description: 'Characters of a code: 6 to 20, for grai 6 to 16. Default 8.',
      example: 8,
    },
    minimum: {
      type: 'integer',
      setBy: 'caller',
      isRequired: true,
      description: 'With fewer unassigned codes than this, a job is made.',
      example: 1000,
    },
    target: {
      type: 'integer',
      setBy: 'caller',
      isRequired: true,
      description: 'How many unassigned codes there are to be after the job; not below the minimum.',
      example: 5000,
    },
    status: {
      type: 'string',
      setBy: 'caller',
      values: ['active', 'paused'],
      description: 'Whether the rule makes jobs. Default active.',
      example: 'active',
    },
    error_message: {
      type: 'string',
      setBy: 'server',
      nullable: true,
      description:
        'Why the rule could not make its latest job; a change of the rule clears it, and it is tried again.',
    },
    last_job: {
      type: 'uuid',
      setBy: 'server',
      nullable: true,
      relation: 'identifier_job',
      description: 'Its latest job.',
    },
  },
};
