// npm start: the whole stack on this machine.
import { setUp } from './setup.mjs';

await setUp();
await import('../apps/local/dist/main.js');
