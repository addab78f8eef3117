import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";

/** Milliseconds between two status lines of one resource. Without a terminal, the engine prints each of them permanently. */
const second = 1000;

/**
 * The engine's display: what a resource is doing, and what it will do. Lines are sent one after the other: sent at the same time, they
 * arrive in any order. Within a pause, a status line replaces the one that waits. The last one is always sent, because the engine
 * keeps it on display.
 */
export class Engine {
  readonly #client: { log(request: unknown, done: () => void): void; close(): void };
  readonly #pause: number;
  #sent: Promise<void> = Promise.resolve();
  /** Resources that had a line within the last pause, each with the newest line that waits since then. */
  readonly #resting = new Map<string, string | undefined>();

  /**
   * @param address host:port of the engine, the plugin's first argument.
   * @param pause between two status lines of one resource
   */
  constructor(address: string, pause = second) {
    this.#client = new services.EngineClient(address, grpc.credentials.createInsecure());
    this.#pause = pause;
  }

  /** A line beside the resource, which the next line replaces. */
  status(urn: string, message: string): void {
    if (this.#resting.has(urn)) {
      this.#resting.set(urn, message);
      return;
    }
    this.#resting.set(urn, undefined);
    setTimeout(() => {
      const newest = this.#resting.get(urn);
      this.#resting.delete(urn);
      if (newest !== undefined) this.status(urn, newest);
    }, this.#pause).unref();
    this.#send(urn, message, messages.LogSeverity.INFO, true);
  }

  /** Sends the waiting line of a resource now: its operation has ended, or another line must come after it. */
  done(urn: string): void {
    const newest = this.#resting.get(urn);
    if (newest === undefined) return;
    this.#resting.set(urn, undefined);
    this.#send(urn, newest, messages.LogSeverity.INFO, true);
  }

  /** A line of the diagnostics at the end. */
  info(urn: string, message: string): void {
    this.done(urn);
    this.#send(urn, message, messages.LogSeverity.INFO, false);
  }

  /** A warning of the diagnostics at the end. */
  warn(urn: string, message: string): void {
    this.done(urn);
    this.#send(urn, message, messages.LogSeverity.WARNING, false);
  }

  #send(urn: string, message: string, severity: number, ephemeral: boolean): void {
    const request = new messages.LogRequest();
    request.setUrn(urn);
    request.setMessage(message);
    request.setSeverity(severity);
    request.setEphemeral(ephemeral);
    // A line that gets lost is no reason to fail.
    this.#sent = this.#sent.then(() => new Promise((resolve) => this.#client.log(request, () => resolve())));
  }

  /** Resolves when the engine has all lines. */
  async flushed(): Promise<void> {
    await this.#sent;
  }
}
