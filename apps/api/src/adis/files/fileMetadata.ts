import { MAX_ORDER_QUANTITY } from '@codemint/db';
import { type FieldIssue, ValidationError } from '@codemint/shared';
import { z } from 'zod';

/** What a file can tell of a Thng. */
const FILE_FIELDS = [
  'digitalLink',
  'shortUrl',
  'identifier',
  'product',
  'serial',
  'gtin',
  'elementString',
  'epcUri',
  'epcHex',
] as const;

export type FileField = (typeof FILE_FIELDS)[number];

/** It comes once a line or a Thng: a long text would make a small order a huge file. */
const MAX_TEXT_LENGTH = 100;

/** U+0000 is what the database cannot keep, half a surrogate pair what no file can hold. */
const glue = z
  .string()
  .max(MAX_TEXT_LENGTH)
  .refine(
    (text) => !text.includes('\0') && !/\p{Surrogate}/u.test(text),
    'Must hold neither U+0000 nor half a surrogate pair',
  );

const linkDomain = z
  .string()
  .max(2000)
  .refine(isLinkBase, 'Must be an http or https URL without user, query and fragment')
  .describe('Stands before `/01/…` in digital links: `https://id.example.com`');

const field = z
  .enum(FILE_FIELDS)
  .describe(
    '`elementString`, as people read it: `(01)…(21)…`; `epcUri` and `epcHex` need `company_prefix_length` in an `issuing_policy` of the product or its account',
  );

const csv = z.strictObject({
  columns: z
    .array(field)
    .min(1)
    .refine((columns) => new Set(columns).size === columns.length, 'Must name each column once')
    .optional()
    .describe('`identifier` alone unless they are given'),
  digitalLinkDomain: linkDomain.optional(),
});

const txt = z.strictObject({
  value: field.optional().describe('`identifier` unless it is given'),
  digitalLinkDomain: linkDomain.optional(),
  perLine: z.int().min(1).max(MAX_ORDER_QUANTITY).optional().describe('Values a line; 1 unless it is given'),
  separator: glue.optional().describe('Between the values of a line; a comma unless it is given'),
  newLine: glue
    .optional()
    .describe('Ends each line; LF unless it is given. The four characters `\\r\\n` mean CR LF'),
});

/** How the files of an order's identifiers are written, as it is sent with the order. */
export const fileMetadataSchema = z
  .strictObject({ csv: csv.optional(), txt: txt.optional() })
  .meta({ id: 'ADIOrderFileMetadata' });

export type FileMetadata = z.output<typeof fileMetadataSchema>;

/** What a file needs of the order's metadata to tell a field. */
const NEEDS: Partial<Record<FileField, 'product' | 'shortDomain'>> = {
  digitalLink: 'product',
  product: 'product',
  serial: 'product',
  gtin: 'product',
  elementString: 'product',
  epcUri: 'product',
  epcHex: 'product',
  shortUrl: 'shortDomain',
};

/** What speaks against an order's fileMetadata in view of the rest of its body. */
export function fileMetadataIssues(
  files: FileMetadata,
  metadata: { product?: unknown; shortDomain?: unknown },
): FieldIssue[] {
  return askedFields(files).flatMap(([place, asked]) => {
    const needed = NEEDS[asked];
    if (needed === undefined || metadata[needed] != null) return [];
    return [{ field: place, rule: 'required', message: `"${asked}" needs metadata.${needed}.` }];
  });
}

/** Whether the key of an order's codes decides what is told. */
export function needsNamespace(field: FileField): boolean {
  return field === 'gtin' || OF_GS1_KEYS.includes(field);
}

/** Fields of codes that have a GTIN or a GRAI. */
const OF_GS1_KEYS: readonly FileField[] = ['digitalLink', 'serial', 'elementString', 'epcUri', 'epcHex'];

/** Whether the length of the company prefix decides what is told. */
export function isEpc(field: FileField): boolean {
  return field === 'epcUri' || field === 'epcHex';
}

/**
 * Refuses what cannot be told of an order's codes: where their product has neither a GTIN nor a GRAI asset type, or
 * nobody has said how long its company prefix is.
 * @param namespaceKind of the order's plan
 * @param prefixLength digits of the company prefix, null where it is not known
 * @throws ValidationError
 */
export function requireTellable(
  files: FileMetadata,
  namespaceKind: string,
  prefixLength: number | null,
): void {
  const isGs1 = namespaceKind === 'sgtin' || namespaceKind === 'grai';
  for (const [place, asked] of askedFields(files)) {
    const need =
      (OF_GS1_KEYS.includes(asked) && !isGs1 && 'a product with a GTIN or a GRAI') ||
      (asked === 'gtin' && namespaceKind !== 'sgtin' && 'a product with a GTIN') ||
      (isEpc(asked) && prefixLength === null && PREFIX_LENGTH);
    if (need) throw ValidationError.of(place, 'required', `"${asked}" needs ${need}.`);
  }
}

const PREFIX_LENGTH =
  'the length of its company prefix: set company_prefix_length in an issuing_policy of the product or of its account';

/** Whether any file tells EPCs. */
export function tellEpcs(files: FileMetadata): boolean {
  return askedFields(files).some(([, asked]) => isEpc(asked));
}

/** The fields that the files tell, and where in the body each is asked for. */
function askedFields({ csv, txt }: FileMetadata): [place: string, asked: FileField][] {
  const columns = (csv?.columns ?? []).map((asked): [string, FileField] => [
    'fileMetadata.csv.columns',
    asked,
  ]);
  return txt?.value === undefined ? columns : [...columns, ['fileMetadata.txt.value', txt.value]];
}

function isLinkBase(text: string): boolean {
  // A parser drops line breaks without a word; they would stand in the files.
  if (!URL.canParse(text) || /[\s\p{Cc}]/u.test(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '' && !/[?#]/.test(text);
}
