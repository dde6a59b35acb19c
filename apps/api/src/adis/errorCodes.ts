/** The codes by which callers tell refusals apart, each with its HTTP status (contract of ADI orders). */
export const ERROR_CODES = {
  80000010: { status: 400, meaning: 'An identifier, GTIN or GRAI does not have its form' },
  80000020: { status: 404, meaning: 'There is no such order in your account' },
  80000030: { status: 404, meaning: 'The order has no such event' },
  80000040: { status: 400, meaning: 'The account has no such product' },
  80000050: { status: 400, meaning: 'More than 20,000 identifiers' },
  80000060: { status: 400, meaning: 'An identifier is named twice' },
  80000070: { status: 400, meaning: 'There is no such action type' },
  80000080: { status: 400, meaning: 'The order does not have all of these identifiers' },
  80000090: { status: 403, meaning: '`targetAccount` is not allowed' },
  80000100: { status: 400, meaning: 'One of `shortDomain` and `defaultRedirectUrl` without the other' },
  80000110: { status: 400, meaning: 'The filter is not valid' },
  80000120: { status: 400, meaning: 'A query parameter, or the path, is not valid' },
  80000130: { status: 423, meaning: 'The order is not completed yet' },
  80000140: { status: 400, meaning: 'Several products have this GTIN' },
  80000150: { status: 400, meaning: 'The body is not valid' },
  80000160: { status: 400, meaning: 'The quantity is not 1 to 20,000, or more than the space has left' },
  80000170: { status: 400, meaning: 'The account has no such project' },
  80000180: { status: 400, meaning: 'Characters, or a length, that identifiers of this kind cannot have' },
  80009998: { status: 400, meaning: 'The body is missing' },
  80009999: { status: 500, meaning: 'Something that nobody foresaw' },
} as const;

export type AdiErrorCode = keyof typeof ERROR_CODES;

/** What stands beside a single identifier in `status` and in the file of errors. */
export interface IdentifierError {
  code: number;
  error: string;
}

export const IDENTIFIER_ERRORS = {
  imported: { code: 80100010, error: 'A Thng with this identifier exists already: it was imported.' },
  /** Most often with a reason that says more. */
  failed: { code: 80109999, error: 'It could not be made.' },
  noThng: { code: 80200010, error: 'There is no Thng with this identifier.' },
  taken: { code: 80300010, error: 'The identifier was given out or supplied before.' },
} as const satisfies Record<string, IdentifierError>;

/** All codes as Markdown, for the API's description. */
export function describeCodes(): string {
  const refusals = Object.entries(ERROR_CODES).map(
    ([code, { status, meaning }]) => `| ${code} | ${status} | ${meaning} |`,
  );
  const ofIdentifiers = Object.values(IDENTIFIER_ERRORS).map(
    ({ code, error }) => `| ${code} | of an identifier | ${error.slice(0, -1)} |`,
  );
  return ['| code | status | meaning |', '|---|---|---|', ...refusals, ...ofIdentifiers].join('\n');
}
