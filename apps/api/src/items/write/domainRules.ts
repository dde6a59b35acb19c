import type { FieldIssue } from '@codemint/shared';
import { hostName } from '../../domains/hostName';
import { missing } from './issues';
import type { NewRow, TableRules } from './tableWriter';

/** A domain has a host name, in lower case and as punycode. */
export const domainRules: TableRules = {
  complete(row: NewRow): FieldIssue[] {
    const given = row.get('domain_name') ?? null;
    if (given === null) return [missing('domain_name')];
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
