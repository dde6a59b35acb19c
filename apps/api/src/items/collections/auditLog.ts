import type { Collection, Field } from '../collection';

const text = (description: string, more: Partial<Field> = {}): Field => ({
  type: 'string',
  setBy: 'server',
  description,
  ...more,
});

const uuid = (description: string, more: Partial<Field> = {}): Field => ({
  type: 'uuid',
  setBy: 'server',
  nullable: true,
  description,
  ...more,
});

export const auditLog: Collection = {
  name: 'audit_log',
  title: 'audit entry',
  plural: 'audit entries',
  description:
    'Who made, changed, deleted or downloaded what; read by administrators, those of an account see what was done to what is its own. Entries are only ever added.',
  source: 'audit_log_item',
  primaryKey: 'id',
  accountColumn: 'account_id',
  administratorsOnly: true,
  fields: {
    id: { type: 'bigInteger', setBy: 'server', description: 'Primary key; later entries have higher ones.' },
    date_created: { type: 'timestamp', setBy: 'server', description: 'When it was done, ISO 8601 in UTC.' },
    user_id: uuid('Who did it; null for what the service or a person with the command line did.', {
      relation: 'users',
    }),
    token_id: uuid("The token it was done with; null for the installation's administrator."),
    account_id: uuid('Account that it was done to; null where it is no one account.', {
      relation: 'account',
    }),
    action: text('What was done.', { example: 'download' }),
    collection: text('To what.', { example: 'identifier_job' }),
    item: text('Primary key of what it was done to; null for a selection.', { nullable: true }),
    details: text('More of it, as JSON.', { nullable: true, example: '{"format": "csv", "quantity": 1000}' }),
    request_id: text('`x-request-id` of the request.', { nullable: true }),
    address: text('Where the request came from.', { nullable: true }),
  },
};
