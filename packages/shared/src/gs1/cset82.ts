/** GS1's CSET 82 (GS1 General Specifications, figure 7.11-1), in ASCII order: what serials of AI 21 and 8003 hold. */
export const CSET_82 = '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

/** Whether every character belongs to CSET 82. */
export function isCset82(text: string): boolean {
  return [...text].every((character) => CSET_82.includes(character));
}
