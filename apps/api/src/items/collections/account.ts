import { AUDIT_FIELDS, type Collection, type Field } from '../collection';

const text = (description: string): Field => ({
  type: 'string',
  setBy: 'server',
  nullable: true,
  description,
});

export const account: Collection = {
  name: 'account',
  title: 'account',
  description: 'Accounts; whoever belongs to one sees only this one.',
  source: 'account',
  primaryKey: 'id',
  accountColumn: 'id',
  fields: {
    id: { type: 'uuid', setBy: 'server', description: 'Primary key.' },
    ...AUDIT_FIELDS,
    account_name: { type: 'string', setBy: 'server', description: 'Name of the account.' },
    account_description: text('What the account is for.'),
    timezone: text('Time zone of the account, such as Australia/Sydney.'),
    account_redirection_url: text('Where digital links of the account lead.'),
  },
};
