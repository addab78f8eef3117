import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";

/** The engine's display: what a resource is doing, and what it will do. */
export class Engine {
  readonly #client: { log(request: unknown, done: () => void): void; close(): void };

  /** @param address host:port of the engine, the plugin's first argument. */
  constructor(address: string) {
    this.#client = new services.EngineClient(address, grpc.credentials.createInsecure());
  }

  /** A line beside the resource that the next one replaces. */
  status(urn: string, message: string): void {
    this.#log(urn, message, messages.LogSeverity.INFO, true);
  }

  /** A line of the diagnostics at the end. */
  info(urn: string, message: string): void {
    this.#log(urn, message, messages.LogSeverity.INFO, false);
  }

  /** A warning of the diagnostics at the end. */
  warn(urn: string, message: string): void {
    this.#log(urn, message, messages.LogSeverity.WARNING, false);
  }

  #log(urn: string, message: string, severity: number, ephemeral: boolean): void {
    const request = new messages.LogRequest();
    request.setUrn(urn);
    request.setMessage(message);
    request.setSeverity(severity);
    request.setEphemeral(ephemeral);
    // A line that gets lost is no reason to fail.
    this.#client.log(request, () => undefined);
  }
}
