// npm run codemint -- <command>
import { setUp } from './setup.mjs';

await setUp();
await import('../apps/cli/dist/main.js');
