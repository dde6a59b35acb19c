import { importCodes, readLines } from '@codemint/db';
import { z } from 'zod';
import { defineRoute, json, type Route } from '../http/route';
import { uniqueCode } from '../items/collections/uniqueCode';
import { forbiddenAction } from '../items/refusals';
import { refusals } from '../items/schemas';
import { bodyFile, bodyFormat, CONTENT_TYPES } from './bodyFile';

const DESCRIPTION = `The codes belong to you from then on and are never given out. A file is imported whole or not at all.

CSV has a header that names \`product\`, \`domain\`, \`code\`, \`id\` and \`status\`, in any order; NDJSON has these members
of objects, one a line. Each line has either a \`product\` (its id; the code is a serial of its GTIN or GRAI) or a
\`domain\` (name or id; the code is a short code of it), and a \`code\`. The body may have 256 MB and come with
\`Content-Encoding: gzip\`. Where lines are refused the errors tell for each its \`line\`, of the first 1,000.`;

const imported = z.object({
  data: z.object({
    imported: z.int().meta({ description: 'Codes, which is lines' }),
    batches: z.array(
      z.object({ product: z.string().nullable(), domain: z.string().nullable(), quantity: z.int() }),
    ),
  }),
});

export const importRoutes: readonly Route[] = [
  defineRoute({
    method: 'post',
    path: '/import/codes',
    summary: 'Import codes that are in the field already',
    description: DESCRIPTION,
    tags: [uniqueCode.name],
    access: { collection: uniqueCode.name },
    request: { streamedBody: CONTENT_TYPES },
    responses: {
      200: { description: 'All are imported', schema: imported },
      ...refusals,
      429: { description: 'Too many imports are under way' },
    },
    async handler({ database, ring, imports }, { caller, http }) {
      if (caller.role === 'reader') throw forbiddenAction('create', uniqueCode);
      const format = bodyFormat(http);
      const { accountId, userId } = caller;
      try {
        return await imports.use(async () => {
          const lines = readLines(bodyFile(http), format);
          return json({ data: await importCodes(database, ring, { accountId, userId, lines }) });
        });
      } finally {
        // What nobody reads any more is thrown away, or the caller could not finish sending and see the answer.
        http.resume();
      }
    },
  }),
];
