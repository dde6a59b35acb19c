import { AUDIT_FIELDS, type Collection, ID_FIELD } from '../collection';

export const domain: Collection = {
  name: 'domain',
  title: 'domain',
  description: 'Hosts of digital links and short codes.',
  source: 'domain',
  primaryKey: 'id',
  accountColumn: 'account_id',
  onDelete:
    'Its replenishment rules go with it. One that codes were made for, or that a job, reservation or order refers to, cannot be deleted.',
  fields: {
    id: ID_FIELD,
    ...AUDIT_FIELDS,
    domain_name: {
      type: 'string',
      // Links in print have it: another name is another domain.
      setBy: 'creator',
      isRequired: true,
      description: 'Host name; kept in lower case and, if it is international, as punycode. Cannot change.',
      example: 'id.example.com',
    },
  },
};
