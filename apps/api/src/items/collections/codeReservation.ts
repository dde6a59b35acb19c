import { CHARACTER_SET_NAMES } from '@codemint/shared';
import { AUDIT_FIELDS, accountField, type Collection, type Field, ID_FIELD } from '../collection';

const ownText = (description: string, example: string): Field => ({
  type: 'string',
  setBy: 'caller',
  nullable: true,
  description,
  example,
});

export const codeReservation: Collection = {
  name: 'code_reservation',
  title: 'code reservation',
  description: 'Codes taken out of the unassigned ones of a product or domain, for somebody or something.',
  source: 'code_reservation',
  primaryKey: 'id',
  accountColumn: 'account',
  fields: {
    id: ID_FIELD,
    ...AUDIT_FIELDS,
    account: accountField('Account of the reservation: that of its product or domain.'),
    product: {
      type: 'string',
      setBy: 'creator',
      nullable: true,
      relation: 'product',
      description: 'Product whose codes are taken; either this or a domain.',
      example: '/01/09312345551927',
    },
    domain: {
      type: 'uuid',
      setBy: 'creator',
      nullable: true,
      relation: 'domain',
      description: 'Domain whose short codes are taken; either this or a product.',
    },
    character_set: {
      type: 'string',
      setBy: 'creator',
      nullable: true,
      values: CHARACTER_SET_NAMES,
      ignoreCase: true,
      description: 'Only codes of jobs with this character set, in upper or lower case; left out, of any.',
    },
    length: {
      type: 'integer',
      setBy: 'creator',
      nullable: true,
      description: 'Only codes of jobs with this length, 6 to 20; left out, of any.',
    },
    quantity: {
      type: 'integer',
      setBy: 'creator',
      isRequired: true,
      description: 'How many codes to take.',
      example: 50,
    },
    allow_partial: {
      type: 'boolean',
      setBy: 'creator',
      description: 'Whether fewer codes will do where there are not as many. Default false.',
      example: true,
    },
    reserved_for: ownText('Whom or what the codes are for.', 'Line 3'),
    reference_id: ownText('A name of your own for the reservation.', 'RUN-2024-11'),
    purchase_order: ownText('Purchase order that the codes belong to.', 'PO-4711'),
    export_type: {
      type: 'string',
      setBy: 'caller',
      values: ['csv', 'json', 'xml'],
      description: 'Format of its file. Default csv.',
      example: 'csv',
    },
    status: {
      type: 'string',
      setBy: 'server',
      values: ['new', 'in_progress', 'complete', 'error'],
      description: 'How far the reservation has come.',
    },
    error_message: {
      type: 'string',
      setBy: 'server',
      nullable: true,
      description: 'Why the reservation failed.',
    },
    quantity_reserved: { type: 'integer', setBy: 'server', description: 'How many codes it has.' },
  },
};
