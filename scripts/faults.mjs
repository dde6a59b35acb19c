// npm run faults
import { setUp } from './setup.mjs';

await setUp(['apps/api', 'apps/worker', 'apps/local', 'tests/faults/plans']);
await import('../tests/dist/faults/plans/main.js');
