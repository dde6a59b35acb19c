import { CHARACTER_SET_NAMES, JOB_TYPES } from '@codemint/shared';
import { z } from 'zod';
import { identifierJob } from '../items/collections/identifierJob';
import { CAPACITY_PARAMETERS, type CapacityQuery } from './parseCapacity';

/** A question that can be sent as it is: what is for other types stays out. */
const EXAMPLE: CapacityQuery = {
  type: 'sgtin',
  product: '/01/09312345551927',
  character_set: 'numeric',
  length: '8',
  quantity: '100000',
};

/** Parameters have the values of a job's fields; they are checked as those are, all others are ignored. */
export const capacityQuery = z.looseObject(
  Object.fromEntries(
    CAPACITY_PARAMETERS.map((name) => [
      name,
      z
        .unknown()
        .optional()
        .meta({ type: 'string', description: description(name), example: EXAMPLE[name] }),
    ]),
  ),
);

function description(name: (typeof CAPACITY_PARAMETERS)[number]): string {
  if (name === 'quantity') return 'How many more codes `after` is about. Default 0.';
  return identifierJob.fields[name]?.description ?? '';
}

const count = z.int().min(0);
const chance = z.number().min(0).max(1);

const epc = z.enum(['sgtin-96']).nullable();

const shape = z.object({
  character_set: z.string(),
  length: z.int(),
  prefix: z.string(),
  suffix: z.string(),
  epc,
});

const givenOut = z.object({
  generated: count.meta({ description: 'By jobs and orders of these characters and this length' }),
  supplied: count.meta({ description: 'Came with ADI orders' }),
  imported: count,
  overlapping: count.meta({ description: 'Codes of other characters that read as one of these' }),
  deleted: count.meta({ description: 'Part of `generated`: those of deleted jobs' }),
  total: count,
});

const subject = { type: z.enum(JOB_TYPES), product: z.string().nullable(), domain: z.guid().nullable() };

const poolCapacity = z.object({
  ...subject,
  character_set: z.string(),
  length: z.int(),
  epc,
  space: count,
  given_out: givenOut,
  left: count,
  guess_chance: z.object({ now: chance, after: chance, quantity: count }),
  namespace_guess_chance: z.object({
    now: chance,
    now_shape: shape,
    after: chance,
    after_shape: shape,
    quantity: count,
  }),
  policy: z.object({ max_guess_probability: chance.nullable() }),
  sufficient_lengths: z.record(z.enum(CHARACTER_SET_NAMES), z.int().nullable()),
});

const ssccCapacity = z.object({
  ...subject,
  sscc_company_prefix: z.string(),
  sscc_extension_digit: z.int(),
  space: count,
  given_out: givenOut,
  left: count,
  largest_gap: count.meta({ description: 'Most that one job can get' }),
});

export const capacityAnswer = {
  description: 'The figures as they are now',
  schema: z.object({ data: z.union([poolCapacity, ssccCapacity]) }),
};
