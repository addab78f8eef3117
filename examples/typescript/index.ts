// Examples 1 and 2 from TypeScript, on a host that the stack's configuration names:
//   pulumi config set address 192.0.2.11
//   pulumi config set hostKey "ssh-ed25519 AAAA…"
import * as pulumi from "@pulumi/pulumi";
import { SocketActivatedNginx } from "quadlet-fleet";

const config = new pulumi.Config();
const connection = {
  address: config.require("address"),
  hostKey: config.require("hostKey"),
  identityFile: config.get("identityFile") ?? "~/.ssh/id_ed25519",
};

const example1 = new SocketActivatedNginx("example1", {
  connection,
  manager: "user",
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:8080"],
  network: "none",
});

const example2 = new SocketActivatedNginx("example2", {
  connection,
  manager: "system",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:80"],
  network: "none",
  nginx: {
    "default.conf": `server {
  listen 80;
  location / {
    return 200 "from TypeScript\\n";
  }
}
`,
  },
});

export const urls = pulumi.all([example1.urls, example2.urls]).apply((all) => all.flat());
