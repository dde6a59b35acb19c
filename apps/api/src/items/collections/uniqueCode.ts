import { JOB_TYPES } from '@codemint/shared';
import { AUDIT_FIELDS, type Collection, type Field } from '../collection';

const text = (description: string, more: Partial<Field> = {}): Field => ({
  type: 'string',
  setBy: 'server',
  description,
  ...more,
});

/** Codes are kept in bulk: no table has them one by one, and they are read in a way of their own. */
export const uniqueCode: Collection = {
  name: 'unique_code',
  title: 'code',
  description: 'The codes of identifier jobs and of ADI orders with a product.',
  source: 'issued_code',
  primaryKey: 'id',
  accountColumn: 'account',
  fields: {
    id: {
      type: 'uuid',
      setBy: 'server',
      description: 'Primary key: where the code stands in its job or order.',
    },
    ...AUDIT_FIELDS,
    digital_link: text('The whole digital link.', {
      example: 'https://id.gs1.org/01/09312345551927/21/17DZfpiY',
    }),
    code: text('The code itself.', { example: '17DZfpiY' }),
    product: text('Product that the code is for.', { nullable: true, relation: 'product' }),
    identifier_job: {
      type: 'uuid',
      setBy: 'server',
      nullable: true,
      relation: 'identifier_job',
      description: 'Job that made the code.',
    },
    epc_join_key: text('Path of the digital link.', { example: '/01/09312345551927/21/17DZfpiY' }),
    status: text('What the code is used for.', {
      setBy: 'caller',
      values: ['unassigned', 'reserved', 'assigned', 'encoded'],
      example: 'encoded',
    }),
    type: text('What kind of code.', { values: JOB_TYPES }),
    custom_id: text('A key of your own.', { nullable: true }),
    reservation: {
      type: 'uuid',
      setBy: 'server',
      nullable: true,
      relation: 'code_reservation',
      onRequest: true,
      description: 'Reservation that took the code. Answered where it is asked for by name.',
    },
  },
};
