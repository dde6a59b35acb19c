import { randomUUID } from 'node:crypto';
import type { FieldIssue } from '@codemint/shared';
import { hostName } from '../../domains/hostName';
import type { NewRow, TableRules } from './tableWriter';

/** A domain has a host name, in lower case and as punycode. */
export const domainRules: TableRules = {
  complete(row: NewRow): FieldIssue[] {
    row.set('id', row.get('id') ?? randomUUID());
    const given = row.get('domain_name') ?? null;
    if (given === null) return [{ field: 'domain_name', rule: 'required', message: 'Value is required.' }];
    const name = hostName(String(given));
    if (name === undefined) return [noHostName];
    row.set('domain_name', name);
    return [];
  },
  adjust: () => [],
};

const noHostName: FieldIssue = {
  field: 'domain_name',
  rule: 'regex',
  message: 'Value has to be a host name such as "id.example.com", without scheme, port or path.',
};
