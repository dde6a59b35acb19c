// npm run fuzz
import { setUp } from './setup.mjs';

await setUp(['apps/api', 'apps/worker', 'apps/local', 'tests/fuzz']);
await import('../tests/dist/fuzz/main.js');
