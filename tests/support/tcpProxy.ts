import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that a test can harm while the server itself is well. */
export interface TcpProxy {
  /** The address given, with the way's own host and port. */
  url: string;
  /** Ends all connections that are open. */
  cut(): void;
  /** From now on new connections are closed as soon as they come, until `accept`. */
  refuse(): void;
  accept(): void;
  /** No byte passes in either direction any more, on connections that stay open and on new ones, until `flow`. */
  stall(): void;
  flow(): void;
  /** The connections that are open now carry no byte any more and stay open; new ones are well. */
  strand(): void;
  stop(): Promise<void>;
}

/** Opens a way to the server of a URL with host and port, on a free loopback port. */
export async function startTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let refuses = false;
  let stalls = false;

  const server = createServer({ noDelay: true }, (near) => {
    if (refuses) return void near.destroy();
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    join(near, far);
    join(far, near);
  });
  const join = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('error', () => from.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.on('data', (bytes: Buffer) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => {
      if (!stalls) from.resume();
    });
    from.on('end', () => to.end());
    if (stalls) from.pause();
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut,
    refuse: () => {
      refuses = true;
    },
    accept: () => {
      refuses = false;
    },
    stall: () => {
      stalls = true;
      for (const socket of sockets) socket.pause();
    },
    flow: () => {
      stalls = false;
      for (const socket of sockets) socket.resume();
    },
    strand: () => {
      for (const socket of sockets) socket.removeAllListeners('data').resume();
    },
    stop: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
