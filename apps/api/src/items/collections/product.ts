import { AUDIT_FIELDS, type Collection, type Field } from '../collection';

const text = (description: string, example?: string): Field => ({
  type: 'string',
  setBy: 'caller',
  nullable: true,
  description,
  example,
});

export const product: Collection = {
  name: 'product',
  title: 'product',
  description: 'Trade items and asset types that codes are made for.',
  source: 'product',
  primaryKey: 'id',
  accountColumn: 'account_id',
  onDelete:
    'Its replenishment rules and issuing policies go with it. One that codes were made for, or that a job, reservation or order refers to, cannot be deleted.',
  fields: {
    id: {
      type: 'string',
      setBy: 'creator',
      description:
        'Primary key: /01/ and the GTIN-14, or /8003/0 and the 13 digits of a GRAI. From gtin if left out.',
      example: '/01/09312345551927',
    },
    ...AUDIT_FIELDS,
    product_name: text('Name of the product.', 'Juice'),
    brand: text('Brand of the product.'),
    gtin: text('GTIN of 8, 12, 13 or 14 digits; kept as 14.', '09312345551927'),
    custom_id: text('A key of your own.'),
    digital_link: text("The product's own digital link."),
    product_redirection_url: text(
      'Where its digital link and the short codes of its jobs lead: an http(s) URL. {shortId} stands for the short code.',
    ),
  },
};
