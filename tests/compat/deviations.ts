import type { RecordedCase, RecordedResponse, Seed } from './recording';

interface Deviation { name: string; ours: RecordedResponse }
export function findDeviation(_recorded: RecordedCase, _seed: Seed): Deviation | undefined { return undefined; }
