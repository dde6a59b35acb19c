interface Block {
  children: (Block | { type: 'test'; errors: unknown[] })[];
  type: 'describeBlock';
}

/**
 * Whether a test of this file has failed so far. Jest tells hooks nothing about it, so this looks into the state of
 * its runner; where that is not found, the answer is no.
 */
export function hasFailedTest(): boolean {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(
    ({ description }) => description === 'JEST_STATE_SYMBOL',
  );
  const state = symbol && (globalThis as unknown as Record<symbol, { rootDescribeBlock?: Block }>)[symbol];
  return state?.rootDescribeBlock !== undefined && containsFailure(state.rootDescribeBlock);
}

function containsFailure(block: Block): boolean {
  return block.children.some((child) =>
    child.type === 'test' ? child.errors.length > 0 : containsFailure(child),
  );
}
