import type { SdkRequest, Seed, Unit } from './recording';
export function sdkUnits(_r: readonly SdkRequest[], _seed: Seed): Unit[] { return []; }
