import { InvalidPayloadError, type Unreadable } from '@codemint/shared';
import type { Item, Scope } from '../items/scope';
import { describeOwners, type Issue } from './describeOwners';
import { findOwners, findOwnersAnywhere } from './findOwners';
import { type BareCode, BLANK_ISSUE, hasOuterBlank, readCode } from './readCode';
import { findSubject, type NamedCode, type NamedSubject } from './subject';

interface Verification extends NamedSubject {
  codes: readonly string[];
}

type Reading = NamedCode | BareCode | Unreadable;

/**
 * Says of each code whether it was issued, by what, when, and its status. What the caller may not see was not issued.
 * @throws TooManyRequestsError for a caller who has asked for too many codes that were not issued
 * @throws InvalidPayloadError, ValidationError, UnknownReferenceError
 */
export async function verifyCodes(scope: Scope, request: Verification): Promise<Item[]> {
  const { context, caller } = scope;
  const counted = caller.accountId ?? caller.userId;
  context.limits.misses.require(counted);
  const subject = await findSubject(scope, request);
  const readings = request.codes.map((code) => readCode(code, subject));
  const issues = await issuesOf(scope, readings);
  const isMiss = (reading: Reading, i: number) => !('error' in reading) && issues[i] === undefined;
  await context.limits.misses.count(counted, readings.filter(isMiss).length);
  return readings.map((reading, i) => answerOf(request.codes[i] as string, reading, issues[i]));
}

async function issuesOf(scope: Scope, readings: readonly Reading[]): Promise<(Issue | undefined)[]> {
  const bareAt = readings.findIndex((reading) => 'bare' in reading);
  if (bareAt === -1) {
    const named = readings.map((reading) => ('namespaces' in reading ? reading : undefined));
    return await describeOwners(scope, await findOwners(scope, named));
  }
  const { bare } = readings[bareAt] as BareCode;
  if (readings.length > 1) {
    throw new InvalidPayloadError(
      `Of the bare code at "codes[${bareAt}]" nothing says what it is of: name its "product", "domain" or "sscc_company_prefix" as well, send it alone, or as an element string or link`,
    );
  }
  return [await issueAnywhere(scope, bare)];
}

async function issueAnywhere(scope: Scope, code: string): Promise<Issue | undefined> {
  const found = await describeOwners(scope, await findOwnersAnywhere(scope, code));
  const issues = found.filter((issue) => issue !== undefined);
  if (issues.length <= 1) return issues[0];
  throw new InvalidPayloadError(
    `The code was issued ${issues.length} times, of different products or domains: name its "product" or "domain" as well`,
  );
}

function answerOf(code: string, reading: Reading, issue: Issue | undefined): Item {
  if ('error' in reading) return { code, issued: false, error: reading.error };
  if (issue === undefined) return { code, issued: false, ...(hasOuterBlank(code) && BLANK_ISSUE) };
  return {
    code,
    issued: true,
    type: issue.type,
    product: issue.product,
    domain: issue.domain,
    serial: 'bare' in reading ? reading.bare : reading.code,
    identifier_job: issue.identifierJob,
    order: issue.order,
    date_created: issue.dateCreated,
    status: issue.status,
  };
}
