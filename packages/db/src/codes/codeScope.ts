import type { NamespaceKey } from '../pools/namespaces';

/** Where to look for a code: in one namespace, in a batch's namespace, or in all where an account has codes. */
export type CodeScope =
  | { namespace: NamespaceKey }
  | { batchId: bigint }
  /** Null: every account. */
  | { accountId: string | null };

/** A scope as a condition on the namespace `n`, with its values from `$2` on. */
export function scopeCondition(scope: CodeScope): { condition: string; values: unknown[] } {
  if ('namespace' in scope) {
    return { condition: 'n.kind = $2 AND n.key = $3', values: [scope.namespace.kind, scope.namespace.key] };
  }
  if ('batchId' in scope) {
    return { condition: 'n.id = (SELECT namespace_id FROM batch WHERE id = $2)', values: [scope.batchId] };
  }
  if (scope.accountId === null) return { condition: 'true', values: [] };
  return {
    condition: 'n.id IN (SELECT namespace_id FROM batch WHERE account_id = $2)',
    values: [scope.accountId],
  };
}
