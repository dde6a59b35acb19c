import { capacityOf, type PoolCapacity, type SsccCapacity } from '@codemint/db';
import { CHARACTER_SETS, ForbiddenError, isSgtin96, type PoolShape } from '@codemint/shared';
import type { z } from 'zod';
import { defineRoute, json, type Route } from '../http/route';
import { refusals } from '../items/schemas';
import { type AskedCapacity, parseCapacity } from './parseCapacity';
import { capacityAnswer, capacityQuery } from './schemas';

const DESCRIPTION = `Parameters, rules and defaults are those of a job. \`left\` is how many codes jobs can still get, never
more than the truth. A guess chance is numbers given out ÷ space, the largest over all shapes that such codes could be
read as: a nearly full numeric set of length 6 counts for alphanumeric codes of length 6 too. A number that was skipped,
as another shape or master key has its code, counts in both, so a chance is never told below the truth. Supplied ids and
imports count. \`namespace_guess_chance\` is the largest over all shapes of the product or domain. A policy limits what
Codemint generates: supplied ids and imports are not refused. \`sufficient_lengths\` tells for each character set the shortest
length at which \`quantity\` more codes keep the chance at the policy's limit, or else at 1 in 10,000. With \`epc\`
that is null for all but \`numeric\`. SSCCs run upwards, so each is guessed: they have no chance. A company prefix and extension digit in which
other accounts have numbers and yours has none is answered with 403, shorter and longer prefixes being parts of each
other.`;

export const capacityRoutes: readonly Route[] = [
  defineRoute({
    method: 'get',
    path: '/capacity',
    summary: 'What is given out and left of the codes of a product or domain',
    description: DESCRIPTION,
    tags: ['Capacity'],
    access: 'token',
    request: { query: capacityQuery },
    responses: { 200: capacityAnswer, ...refusals },
    async handler(context, { caller, query }) {
      const asked = await parseCapacity({ context, caller }, query);
      const capacity = await capacityOf(context.database.pool, asked);
      if (capacity.kind === 'sscc' && capacity.isForeign && caller.accountId !== null)
        throw new ForbiddenError();
      return json({ data: capacity.kind === 'sscc' ? ofSsccs(asked, capacity) : ofPool(asked, capacity) });
    },
  }),
];

function ofPool(asked: AskedCapacity, capacity: PoolCapacity): z.input<typeof capacityAnswer.schema>['data'] {
  const { now, after } = capacity.namespaceGuessChance;
  return {
    ...subjectOf(asked),
    character_set: asked.characterSet,
    length: asked.length,
    epc: asked.epc,
    space: capacity.space,
    given_out: capacity.givenOut,
    left: capacity.left,
    guess_chance: capacity.guessChance,
    namespace_guess_chance: {
      now: now.chance,
      now_shape: describeShape(now.shape),
      after: after.chance,
      after_shape: describeShape(after.shape),
      quantity: asked.quantity,
    },
    policy: { max_guess_probability: capacity.maxGuessProbability },
    sufficient_lengths: capacity.sufficientLengths,
  };
}

function ofSsccs(asked: AskedCapacity, { space, generated, deleted, left, largestGap }: SsccCapacity) {
  return {
    ...subjectOf(asked),
    sscc_company_prefix: asked.ssccCompanyPrefix,
    sscc_extension_digit: asked.ssccExtensionDigit,
    space,
    given_out: { generated, supplied: 0, imported: 0, overlapping: 0, deleted, total: generated },
    left,
    largest_gap: largestGap,
  };
}

function subjectOf({ type, product, domainId }: AskedCapacity) {
  return { type, product, domain: domainId };
}

function describeShape({ prefix, alphabet, length, suffix, algorithm }: PoolShape) {
  const epc = isSgtin96({ algorithm }) ? ('sgtin-96' as const) : null;
  const named = Object.entries(CHARACTER_SETS).find(([, characters]) => characters === alphabet);
  return { character_set: named?.[0] ?? alphabet, length, prefix, suffix, epc };
}
