// The rooms, and which room may import which: CONTRIBUTING.md has the table and the reasons.
const may = (room, ...others) => ({
  name: `room-${room}`,
  severity: "error",
  comment: `${room}/ may import only itself${others.length ? ` and ${others.join(", ")}` : ""}`,
  from: { path: `^${room}/` },
  to: {
    path: "^(index\\.ts|stacks|components|units|resources|provider|host|rollout|cli|test|tools|bench|examples)",
    pathNot: [room, ...others].map((name) => `^${name}/`),
  },
});
const packages = (room, ...allowed) => ({
  name: `packages-${room}`,
  severity: "error",
  comment: `${room}/ may use these packages only: ${allowed.join(", ") || "none"}`,
  from: { path: `^${room}/` },
  to: { path: "node_modules", pathNot: allowed.map((name) => `node_modules/${name}/`) },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "program",
      severity: "error",
      comment: "index.ts only calls what stacks/ offers",
      from: { path: "^index\\.ts$" },
      to: { path: "^(units|resources|provider|host|rollout|cli|test|tools|bench)/" },
    },
    may("stacks", "components"),
    may("components", "units", "resources"),
    may("units"),
    may("resources", "units"),
    may("provider", "resources", "host", "rollout", "units"),
    may("host", "units", "rollout"),
    may("rollout"),
    may("cli", "provider", "host", "rollout", "resources", "units", "stacks", "components"),
    may("tools", "resources", "stacks"),
    packages("units"),
    packages("rollout"),
    packages("resources", "@pulumi/pulumi", "zod"),
    packages("components", "@pulumi/pulumi", "@pulumi/command", "zod"),
    packages("stacks", "@pulumi/pulumi", "zod", "yaml"),
    packages("provider", "@pulumi/pulumi", "@grpc/grpc-js", "google-protobuf", "@types"),
    packages("cli", "yargs", "diff", "@types"),
    packages("host", "node-ssh", "ssh2", "@types"),
    {
      name: "pure",
      severity: "error",
      comment: "units/ and rollout/ have no I/O",
      from: { path: "^(units|rollout)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "ssh-in-few-files",
      severity: "error",
      comment: "node-ssh and ssh2 stay behind connections, logins and keys",
      from: { path: "^host/", pathNot: "^host/ssh/(connection|login|private-key)\\.ts$" },
      to: { path: "node_modules/(node-ssh|ssh2)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^tools/site/dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
