const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether this is any 8-4-4-4-12 hex digits, in any case: no version or variant is asked for. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
