import grpc from "@grpc/grpc-js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import { HostError } from "../host/errors.ts";
import type { Unfinished } from "./unfinished.ts";
import { toStruct } from "./wire.ts";

/**
 * The error that makes the engine keep the resource in the state, with what is known about it: ErrorResourceInitFailed, in the details of a
 * gRPC status (pulumi/pulumi: proto/pulumi/provider.proto).
 */
export function initFailed({ message, state }: Unfinished): grpc.ServiceError {
  const detail = new messages.ErrorResourceInitFailed();
  detail.setId(state.id);
  detail.setInputs(toStruct(state.inputs));
  detail.setProperties(toStruct(state.properties));
  detail.setReasonsList([message]);
  const packed = new any.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statuses.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message, metadata });
}

/** A refusal that is not about a host. Nothing was started. */
export class Refused extends Error {}

/** A rollout over several hosts has failed. */
export class Failed extends Error {
  readonly leaves: HostError["leaves"];
  /** Names of hosts that may be gone for good. */
  readonly unreachable: readonly string[];

  constructor(message: string, leaves: Failed["leaves"], unreachable: readonly string[]) {
    super(message);
    this.leaves = leaves;
    this.unreachable = unreachable;
  }
}

/**
 * The gRPC code, which says what state an error leaves: FAILED_PRECONDITION if nothing was done, ABORTED if everything was rolled back.
 * With UNKNOWN the engine's event log says that the state may be corrupt (pulumi/pulumi: pkg/resource/plugin/provider_plugin.go,
 * resourceStateAndError).
 */
export function codeOf(thrown: unknown): grpc.status {
  if (thrown instanceof Refused) return grpc.status.FAILED_PRECONDITION;
  if (thrown instanceof HostError || thrown instanceof Failed) return codes[thrown.leaves];
  return thrown instanceof Error && thrown.cause !== undefined ? codeOf(thrown.cause) : grpc.status.UNKNOWN;
}

const codes = {
  untouched: grpc.status.FAILED_PRECONDITION,
  "taken back": grpc.status.ABORTED,
  unknown: grpc.status.UNKNOWN,
};
