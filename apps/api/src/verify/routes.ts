import { JOB_TYPES } from '@codemint/shared';
import express from 'express';
import { z } from 'zod';
import { type Dialect, run } from '../http/dialect';
import { itemsDialect } from '../http/itemsDialect';
import { defineRoute, json, type Route } from '../http/route';
import { uniqueCode } from '../items/collections/uniqueCode';
import { refusals } from '../items/schemas';
import { MISSES_AN_HOUR } from './missLimit';
import { verifyCodes } from './verifyCodes';

const MAX_CODES = 10_000;

const parseJson = express.json({ limit: '4mb' });

/** That of the items, with room for as many long links. */
const dialect: Dialect = {
  ...itemsDialect,
  async readBody(http, response) {
    await run(parseJson, http, response);
    return http.body;
  },
};

const DESCRIPTION = `Each code is a bare code, a GS1 element string (in brackets, or as it stands in a symbol with FNC1
as U+001D), a GS1 Digital Link (\`/01/…/21/…\`, \`/8003/…\`, \`/00/…\`, of whatever host) or a short link
(\`https://domain/code\`). One of \`product\`, \`domain\` and \`sscc_company_prefix\` says what bare codes are of; without,
a bare code has to be the only one.

The answers stand in the order of the codes. A code that cannot be read is not issued, and \`error\` names the rule. Of
a code that was not issued, or that is another account's, nothing else is told. Whose account has asked for
${MISSES_AN_HOUR} such codes within an hour is told nothing for the rest of it. The body may have 4 MB.`;

const body = z
  .object({
    codes: z.array(z.string()).min(1).max(MAX_CODES),
    product: z.string().optional().meta({ description: 'Its id, or a GTIN of 8, 12, 13 or 14 digits.' }),
    domain: z.string().optional().meta({ description: 'Its host name or id.' }),
    sscc_company_prefix: z.string().optional().meta({ description: 'A GS1 company prefix, 4 to 12 digits.' }),
  })
  .meta({
    id: 'verification',
    // One that can be sent as it is: of the three only one is allowed.
    example: { product: '/01/09312345551927', codes: ['Xy3Kp9aB', '(01)09312345551927(21)17DZfpiY'] },
  });

const notIssued = z.object({ code: z.string(), issued: z.literal(false), error: z.string().optional() });

const issued = z.object({
  code: z.string().meta({ description: 'As it was sent' }),
  issued: z.literal(true),
  type: z.enum(JOB_TYPES).nullable(),
  product: z.string().nullable(),
  domain: z.string().nullable().meta({ description: 'Host name, of short codes' }),
  serial: z.string().meta({ description: 'The code alone: a serial, a short code, or a whole SSCC' }),
  identifier_job: z.guid().nullable(),
  order: z.string().nullable().meta({ description: 'Id of the ADI order' }),
  date_created: z.iso.datetime().nullable(),
  status: z.enum(['unassigned', 'reserved', 'assigned', 'encoded']),
});

export const verifyRoutes: readonly Route[] = [
  defineRoute({
    method: 'post',
    path: '/verify',
    summary: 'Tell whether codes were issued',
    description: DESCRIPTION,
    tags: [uniqueCode.name],
    access: 'token',
    dialect,
    request: { body },
    responses: {
      200: {
        description: 'Of each code whether it was issued',
        schema: z.object({ data: z.array(z.union([issued, notIssued])) }),
      },
      ...refusals,
      429: {
        description: 'Too many codes that were not issued: come back after `Retry-After` seconds',
      },
    },
    handler: async (context, { caller, body }) =>
      json({ data: await verifyCodes({ context, caller }, body) }),
  }),
];
