/** The members that have a value: documents leave out what was not sent. */
export function withoutNull(document: Record<string, unknown>): object {
  const isThere = (value: unknown) => value != null && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(document).filter(([, value]) => isThere(value)));
}
