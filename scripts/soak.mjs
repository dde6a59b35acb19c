// npm run soak -- --minutes 60
import { setUp } from './setup.mjs';

await setUp(['apps/api', 'apps/worker', 'apps/local', 'tests/bench']);
await import('../tests/dist/bench/soak.js');
