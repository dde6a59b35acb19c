import { AUDIT_FIELDS, accountField, type Collection, ID_FIELD } from '../collection';

export const issuingPolicy: Collection = {
  name: 'issuing_policy',
  title: 'issuing policy',
  plural: 'issuing policies',
  description:
    'What holds for the codes of an account or product. How likely a guess may hit one that was given out: jobs and orders above it are refused, and there is no limit without one. It limits codes that Codemint generates: supplied ids and imports count and are not refused. The chance goes by numbers given out, so it is never taken below the truth. How long the company prefix is: what needs it cannot be had without.',
  source: 'issuing_policy',
  primaryKey: 'id',
  accountColumn: 'account',
  fields: {
    id: ID_FIELD,
    ...AUDIT_FIELDS,
    account: accountField('Account that it holds for: that of its product, else of its creator.'),
    product: {
      type: 'string',
      setBy: 'creator',
      nullable: true,
      relation: 'product',
      description:
        'Product that it holds for; left out, all products and domains of the account whose own policy does not say it.',
      example: '/01/09312345551927',
    },
    max_guess_probability: {
      type: 'float',
      setBy: 'caller',
      nullable: true,
      description: 'Greater than 0 and at most 1; 1 in 10,000 is 0.0001.',
      example: 0.0001,
    },
    company_prefix_length: {
      type: 'integer',
      setBy: 'caller',
      nullable: true,
      description:
        'Digits of the GS1 company prefix, 4 to 12; EPCs know 6 to 12: one of 4 or 5 is encoded as 6 (TDS 7.1).',
      example: 7,
    },
  },
};
