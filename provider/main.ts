import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Lifetime } from "./lifetime.ts";
import { provider } from "./service.ts";
import { Engine } from "./status.ts";

// The engine starts the plugin with its own address as the argument and reads the port from the first line
// (pulumi/pulumi: sdk/go/common/resource/plugin/plugin.go).
const address = process.argv[2];
if (address === undefined) {
  console.error("This is a Pulumi plugin: the Pulumi engine starts it. See README.md.");
  process.exit(1);
}

const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
server.addService(services.ResourceProviderService, provider(new Engine(address), new Lifetime()));
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
