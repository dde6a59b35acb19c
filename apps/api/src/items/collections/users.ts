import type { Collection, Field } from '../collection';

const text = (description: string, nullable = false): Field => ({
  type: 'string',
  setBy: 'server',
  nullable,
  description,
});

export const users: Collection = {
  name: 'users',
  title: 'user',
  description: 'Who may call; read by administrators, and by everybody for himself.',
  source: 'users',
  primaryKey: 'id',
  accountColumn: 'account_id',
  administratorsOnly: true,
  fields: {
    id: { type: 'uuid', setBy: 'server', description: 'Primary key.' },
    first_name: text('First name.', true),
    last_name: text('Last name.', true),
    email: text('E-mail address.'),
    role: { ...text('What the user may do.'), values: ['admin', 'operator', 'reader'] },
    status: { ...text('Whether the user may call.'), values: ['active', 'suspended'] },
  },
};
