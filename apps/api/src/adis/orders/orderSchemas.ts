import { MAX_ORDER_QUANTITY } from '@codemint/db';
import { z } from 'zod';
import { hostName } from '../../domains/hostName';
import { isTarget } from '../../redirects/target';
import { fileMetadataSchema } from '../files/fileMetadata';
import { resultsSchema } from '../files/results';
import { freeObject, MAX_NAME_LENGTH, resourceId, statusSchema, tags, time } from '../schemas';

const CHARACTER_SETS = ['GS1-64w', 'AN-47', 'UAN-28', 'GS1-36w', 'N'] as const;

export const DEFAULT_CHARACTER_SET = 'AN-47';

const quantity = z
  .number()
  .refine(Number.isInteger, 'Must be a whole number')
  .meta({ type: 'integer', minimum: 1, maximum: MAX_ORDER_QUANTITY });

/** Strict: a misspelt member would make codes that nobody asked for. */
const idGeneration = z
  .strictObject({
    prefix: z.string().optional(),
    suffix: z.string().optional(),
    characterSet: z.enum(CHARACTER_SETS).optional().meta({ default: DEFAULT_CHARACTER_SET }),
    length: z.int().min(8).max(20).meta({ description: 'Without prefix and suffix' }),
    quantity,
  })
  .meta({ id: 'ADIOrderIDGeneration' });

/** What is put on each Thng, and where its code belongs. */
const metadata = z
  .looseObject({
    identifierKey: z
      .string()
      .min(1)
      .max(MAX_NAME_LENGTH)
      .meta({ description: "Key of each Thng's identifiers that holds its code", example: 'gs1:21' }),
    targetAccount: z
      .string()
      .optional()
      .meta({ description: "Account of the order: the caller's own, or any for an administrator" }),
    product: z.string().min(1).optional().meta({
      description: 'Id of a product, or `gs1:01:` and its GTIN',
      example: 'gs1:01:09312345551927',
    }),
    identifiers: freeObject.optional(),
    customFields: freeObject.optional(),
    tags: tags.optional(),
    shortDomain: z
      .string()
      .refine((text) => hostName(text) !== undefined, 'Must be a host name such as "tn.gg", without scheme')
      .optional()
      .meta({ description: 'With `defaultRedirectUrl`: each Thng has a short link', example: 'tn.gg' }),
    defaultRedirectUrl: z
      .string()
      .max(2000)
      .refine(
        isTarget,
        'Must be an http or https URL without blanks, with no placeholders but {evrythngId} and {shortId}, and these behind its host',
      )
      .optional()
      .meta({ example: 'https://example.com/item/{shortId}' }),
    project: z.string().optional().meta({ description: 'Scopes the actions of its events' }),
  })
  .meta({ id: 'ADIOrderMetadata' });

const described = {
  metadata,
  purchaseOrder: z.string().min(1).max(MAX_NAME_LENGTH).meta({ example: 'PO-17' }),
  ids: z
    .array(z.string())
    .optional()
    .meta({ description: 'At most 20,000 distinct identifiers; instead of `idGeneration`' }),
  idGeneration: idGeneration.optional(),
  customFields: freeObject.optional(),
  identifiers: freeObject.optional(),
  tags: tags.optional(),
  fileMetadata: fileMetadataSchema.optional(),
};

const WAITING = { created: 0, pending: 1000, errorsCount: 0 };

const EXAMPLE = {
  purchaseOrder: 'PO-17',
  idGeneration: { characterSet: 'AN-47', length: 12, quantity: 1000 },
  metadata: { identifierKey: 'gs1:21', product: 'gs1:01:09312345551927', tags: ['spring'] },
};

/** An order as it is sent; whatever is not named here is kept within `metadata` and ignored beside it. */
export const orderInput = z
  .object(described)
  .refine(
    ({ ids, idGeneration: generation }) => (ids === undefined) !== (generation === undefined),
    'Must have either "ids" or "idGeneration"',
  )
  .meta({ id: 'ADIOrderInput', example: EXAMPLE });

export const orderDocumentSchema = z
  .object({
    id: resourceId('Of the order'),
    createdAt: time,
    updatedAt: time,
    ...described,
    status: statusSchema('adis', ['pending', 'in_progress', 'completed'])
      .optional()
      .meta({ description: 'On a single read' }),
    result: z.enum(['SUCCEEDED', 'FAILED', 'SUCCEEDED_WITH_FAILURES']).optional().meta({
      description: 'Once it is completed',
    }),
    results: resultsSchema.optional(),
  })
  .meta({
    id: 'ADIOrder',
    example: {
      ...EXAMPLE,
      id: 'UNc6n2Bk6GPhh6waRm2mNppb',
      createdAt: 1795305600000,
      updatedAt: 1795305600000,
      status: { state: 'pending', requested: 1000, adis: WAITING, ...WAITING },
    },
  });
