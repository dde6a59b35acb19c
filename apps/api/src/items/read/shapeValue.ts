/** A value from Postgres as JSON has it: 64-bit integers as numbers (all here are below 2^53), times in ISO 8601. */
export function shapeValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  return value ?? null;
}
