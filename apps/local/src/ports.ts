import { createServer, type Server } from 'node:net';
import { StartError } from './startError';

const LOOPBACK = '127.0.0.1';

/** A TCP port of the loopback interface that nobody listens on now. */
export async function findFreePort(): Promise<number> {
  const server = await listen(LOOPBACK, 0);
  const address = server.address();
  await close(server);
  if (typeof address !== 'object' || address === null) throw new Error('The system gave no port.');
  return address.port;
}

/** @throws StartError if the port cannot be listened on. */
export async function checkPort(host: string, port: number): Promise<void> {
  try {
    await close(await listen(host, port));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(`Port ${port} on ${host} is in use: set PORT to another.`);
    throw new StartError(
      `It is not possible to listen on port ${port} of ${host} (${code}): see PORT and HOST.`,
    );
  }
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
