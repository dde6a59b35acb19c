import { CHARACTER_SET_ALIASES } from '@codemint/shared';

/** SQL: the name that stands for a character set, so that two names of the same characters are one stock. */
export function characterSetSql(value: string): string {
  const aliases = [...CHARACTER_SET_ALIASES].map(([alias, name]) => `WHEN '${alias}' THEN '${name}'`);
  return `CASE ${value} ${aliases.join(' ')} ELSE ${value} END`;
}
