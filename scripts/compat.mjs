// npm run compat -- <folder>
import { setUp } from './setup.mjs';

await setUp(['apps/api', 'apps/local', 'tests/compat']);
await import('../tests/dist/compat/main.js');
