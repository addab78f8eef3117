import grpc from "@grpc/grpc-js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import type { Unfinished } from "./operations.ts";
import { toStruct } from "./wire.ts";

/**
 * The error that keeps the resource in the state with what is known of it: ErrorResourceInitFailed, in the details of a
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
