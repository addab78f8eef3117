import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";

/** The engine's display: what a resource is doing. */
export class Engine {
  readonly #client: { log(request: unknown, done: () => void): void; close(): void };

  /** @param address host:port of the engine, the plugin's first argument. */
  constructor(address: string) {
    this.#client = new services.EngineClient(address, grpc.credentials.createInsecure());
  }

  /** A line beside the resource that the next one replaces. */
  status(urn: string, message: string): void {
    const request = new messages.LogRequest();
    request.setUrn(urn);
    request.setMessage(message);
    request.setSeverity(messages.LogSeverity.INFO);
    request.setEphemeral(true);
    // A status line that gets lost is no reason to fail.
    this.#client.log(request, () => undefined);
  }
}
