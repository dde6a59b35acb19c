import { createTestDatabase } from './postgres';
import { startApps } from './stack';
test('stop', async () => {
  const database = await createTestDatabase();
  const apps = await startApps({ connectionString: database.connectionString, apis: 0, workers: 1, environment: { NODE_OPTIONS: '-r /tmp/dbg.js' } });
  console.log(database.connectionString);
  const t = Date.now();
  await apps.processes[0]?.stop();
  console.log(apps.processes.map((p) => p.state()), Date.now() - t, apps.logs());
  await apps.stop();
  await database.drop();
});
