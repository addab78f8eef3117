import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";

/**
 * A longer way to a server: the data of each side arrives after half of the time, and a new connection takes the whole time.
 * It is there until this process ends.
 *
 * @param milliseconds there and back
 * @returns a port of 127.0.0.1
 */
export async function longWay(host: string, port: number, milliseconds: number): Promise<number> {
  const server = createServer({ noDelay: true }, (near) => {
    const far = createConnection({ host, port, noDelay: true });
    const opened = performance.now() + milliseconds;
    const pass = (from: Socket, to: Socket) => {
      const later = (action: () => unknown) => {
        const due = Math.max(performance.now(), opened) + milliseconds / 2;
        setTimeout(action, due - performance.now());
      };
      from.on("data", (data: Buffer) => later(() => to.write(data)));
      from.on("end", () => later(() => to.end()));
      from.on("error", () => to.destroy());
    };
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
