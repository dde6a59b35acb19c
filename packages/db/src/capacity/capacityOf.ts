import { type CharacterSetName, type PoolShape, poolSpace } from '@codemint/shared';
import type { Client } from '../connection/database';
import { type JobPlanRequest, MIN_LENGTH, planJob } from '../jobs/planJob';
import { findNamespace, longestOf, type NamespaceKey } from '../pools/namespaces';
import { readRegisteredShapes } from '../pools/registeredShapes';
import { readStanding } from '../restore/identity';
import { codesLeft, type GuessChance, guessChance, namespaceChance, overlapping } from './guessChance';
import { issuedShapesInFull } from './issuedShapes';
import { type PolicySubject, policyOf } from './policies';
import { type SsccCapacity, ssccCapacity } from './ssccCapacity';
import { findShape, type IssuedCodes, shapesWith, sufficientLengths } from './sufficientLength';

/** Which jobs are asked about. */
export interface CapacityRequest extends Omit<JobPlanRequest, 'ssccStartSerial'> {
  accountId: string;
  /** How many more codes; 0 or more. */
  quantity: number;
}

/** What was given out of a space. */
interface GivenOut {
  /** By pools of this shape. Those that deleted jobs had are among them. */
  generated: number;
  supplied: number;
  imported: number;
  /** Codes of other shapes that read as one of this. */
  overlapping: number;
  deleted: number;
  total: number;
}

/** What jobs of one kind have had and can still get. */
export interface PoolCapacity {
  kind: 'pool';
  space: number;
  givenOut: GivenOut;
  /** Never more than the truth. */
  left: number;
  /** 0 to 1, over all shapes of the namespace that such codes could be read as; after `quantity` more. */
  guessChance: { now: number; after: number; quantity: number };
  /** The same over all shapes of the namespace, and which of them has it. */
  namespaceGuessChance: { now: GuessChance; after: GuessChance };
  /** 0 to 1; null where nothing limits the chance. */
  maxGuessProbability: number | null;
  /** For each character set the shortest length that keeps it; null where none does. */
  sufficientLengths: Record<CharacterSetName, number | null>;
}

/** What sufficient lengths are measured by where no policy says otherwise: the EU's rules on medicines. */
const USUAL_LIMIT = 1 / 10_000;

/**
 * Tells what is left, from the counters of pools: no code is read, nothing is locked, and no master key is needed.
 * @throws ValidationError as planJob
 */
export async function capacityOf(
  client: Client,
  request: CapacityRequest,
): Promise<PoolCapacity | SsccCapacity> {
  const { quantity } = request;
  const plan = planJob({ ...request, quantity: 1, ssccStartSerial: null }, 1);
  if (plan.kind === 'sscc') return ssccCapacity(client, plan.range, request.accountId);
  const { namespace, shape } = plan;
  const subject: PolicySubject = {
    accountId: request.accountId,
    product: request.type === 'short_code' ? null : request.product,
  };
  const [issued, maxGuessProbability] = await Promise.all([
    issuedCodes(client, namespace, shape),
    policyOf(client, subject),
  ]);
  return {
    kind: 'pool',
    ...standing(issued, shape, quantity),
    maxGuessProbability,
    sufficientLengths: sufficientLengths(issued, shape, {
      quantity,
      limit: maxGuessProbability ?? USUAL_LIMIT,
      shortest: MIN_LENGTH,
      longest: longestOf(namespace.kind, shape),
    }),
  };
}

async function issuedCodes(client: Client, key: NamespaceKey, shape: PoolShape): Promise<IssuedCodes> {
  const newPoolStart = (await readStanding(client))?.newPoolStart ?? 0;
  const id = await findNamespace(client, key);
  if (id === undefined) return { shapes: [], registered: [], newPoolStart };
  const [shapes, registered] = await Promise.all([
    issuedShapesInFull(client, id, shape),
    readRegisteredShapes(client, id),
  ]);
  return { shapes, registered, newPoolStart };
}

function standing(issued: IssuedCodes, asked: PoolShape, quantity: number) {
  const shapes = shapesWith(issued, asked);
  const shape = findShape(shapes, asked);
  const { given, skipped, supplied, imported, deleted } = shape;
  const generated = given - skipped;
  const overlaps = overlapping(shapes, shape);
  const total = generated + supplied + imported + overlaps;
  return {
    space: poolSpace(shape),
    givenOut: { generated, supplied, imported, overlapping: overlaps, deleted, total },
    left: codesLeft(shapes, shape),
    guessChance: {
      now: guessChance(shapes, shape, 0),
      after: guessChance(shapes, shape, quantity),
      quantity,
    },
    namespaceGuessChance: {
      now: namespaceChance(shapes, shape, 0),
      after: namespaceChance(shapes, shape, quantity),
    },
  };
}
