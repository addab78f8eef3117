import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until something accepts connections at an address and port. */
export async function listens(address: string, port: number, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await accepts(address, port))) {
    if (Date.now() > deadline)
      throw new Error(`Nothing listens at ${address}:${port} after ${timeoutMs / 1000} s`);
    await sleep(50);
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 1000 });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.on("connect", () => answer(true));
    socket.on("error", () => answer(false));
    socket.on("timeout", () => answer(false));
  });
}
