import grpc from "@grpc/grpc-js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as p from "@pulumi/pulumi/proto/provider_pb.js";
import type { Credentials } from "../resources/contract.ts";
import { unitSetType } from "../resources/unit-set-type.ts";
import type { Pool } from "../host/ssh/pool.ts";
import { messageOf } from "../host/errors.ts";
import packageJson from "../package.json" with { type: "json" };
import { type Coming, approvalOf } from "./approval.ts";
import { expectApproved, expectApprovedRemoval } from "./approved.ts";
import { checkUnitSet } from "./check.ts";
import type { Failure } from "./check-shape.ts";
import { configuration } from "./configuration.ts";
import { type Kind, diffUnitSet } from "./diff.ts";
import { Refused, codeOf, initFailed } from "./failure.ts";
import { withFlags } from "./flags.ts";
import { Listeners } from "./listeners.ts";
import type { Context } from "./operations.ts";
import type { Before } from "./operations/context.ts";
import type { Lifetime } from "./lifetime.ts";
import { withSecrets } from "./secrets.ts";
import { foretold, isForPrograms } from "./outlook.ts";
import { expectedOutputs } from "./state.ts";
import type { Run } from "./rollout.ts";
import type { Engine } from "./status.ts";
import { Survey } from "./survey.ts";
import { Unfinished } from "./unfinished.ts";
import { nameOf, typeOf } from "./urn.ts";
import { waysOf, whereOf } from "./where.ts";
import { fromStruct, isObject, revealObject, toStruct, wireUnknown } from "./wire.ts";

type Operations = typeof import("./operations.ts");

/**
 * The ResourceProvider service (pulumi/pulumi: proto/pulumi/provider.proto), directly: the SDK's own server drops the
 * preview flag, the detailed diff and the partial state of a failure.
 */
export function provider(engine: Engine, lifetime: Lifetime): grpc.UntypedServiceImplementation {
  let pool: Pool | undefined;
  lifetime.onEnd(async () => pool?.close());
  let run: Run | undefined;
  const listeners = new Listeners();
  const survey = new Survey();
  let credentials: Partial<Credentials> = {};

  /** Runs the operation of a request, with its context. */
  const operate = async <T>(
    request: { getUrn(): string; getTimeout(): number },
    operation: (operations: Operations, context: Context, urn: string) => Promise<T>,
  ): Promise<T> => {
    // Loaded here and not at the start of the plugin: a preview, and an up that changes nothing, contact no host.
    const [operations, ssh, rollout] = await Promise.all([
      import("./operations.ts"),
      import("../host/ssh/pool.ts"),
      import("./rollout.ts"),
    ]);
    if (lifetime.cancel.aborted) throw new Refused("the run was cancelled before this began");
    const [urn, timeout] = [request.getUrn(), request.getTimeout()];
    // After a time limit, the operation may still report steps.
    let ended = false;
    pool ??= new ssh.Pool();
    run ??= rollout.newRun(lifetime);
    const context: Context = {
      pool,
      run,
      // customTimeouts, which the engine passes on and does not enforce.
      connection: timeout > 0 ? { ...credentials, commandTimeout: timeout } : credentials,
      progress: {
        doing: (says) => ended || engine.status(urn, says),
        note: (says) => ended || engine.info(urn, says),
      },
      warn: (says) => engine.warn(urn, says),
      survey,
    };
    try {
      return await operation(operations, context, urn);
    } finally {
      ended = true;
      engine.done(urn);
    }
  };

  /**
   * Sends the approval of a set, for `quadlet-fleet review`. The engine asks for the diff of each set in every preview, even if nothing
   * changes.
   */
  const tellApproval = async (coming: Omit<Coming, "credentials">) => {
    if (!isForPrograms()) return;
    const approval = await approvalOf({ ...coming, credentials });
    engine.info(coming.urn, JSON.stringify({ approval: approval ?? null }));
  };

  const unary = <Request, Response>(method: (request: Request) => Response | Promise<Response>) =>
    answer((request: Request) =>
      lifetime.during(async () => {
        try {
          return await method(request);
        } finally {
          // A line that comes after the last answer is not printed.
          await engine.flushed();
        }
      }),
    );

  return {
    getPluginInfo: unary(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(packageJson.version);
      return info;
    }),

    getSchema: unary(async () => {
      const { schema } = await import("./schema.ts");
      const response = new messages.GetSchemaResponse();
      response.setSchema(JSON.stringify(schema(packageJson.version)));
      return response;
    }),

    checkConfig: unary((request: p.CheckRequest) => {
      const { failures } = configuration(fromStruct(request.getNews()));
      return checked(request.getNews(), failures);
    }),

    diffConfig: unary(() => new messages.DiffResponse()),

    configure: unary((request: p.ConfigureRequest) => {
      credentials = configuration(fromStruct(request.getArgs())).credentials;
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),

    check: unary((request: p.CheckRequest) => {
      expectUnitSet(request.getUrn());
      const news = withFlags("UnitSetInputs", fromStruct(request.getNews()));
      const inputs = revealObject(news);
      const failures = checkUnitSet(inputs, revealObject(fromStruct(request.getOlds())));
      if (failures.length === 0)
        listeners.claim(nameOf(request.getUrn()), inputs, (path, reason) => failures.push({ path, reason }));
      const where = isObject(inputs.hosts) ? whereOf(waysOf(news.hosts)) : wireUnknown;
      return checked(toStruct(withSecrets("UnitSetInputs", { ...news, where })), failures);
    }),

    diff: unary(async (request: p.DiffRequest) => {
      const [before, inputs] = [beforeOf(request), fromStruct(request.getNews())];
      const changes = diffUnitSet(revealObject(before.properties), revealObject(inputs));
      // After a read the engine inverts the kinds, so a refresh prints a property that is only in the outputs as an addition.
      if (survey.takePassedOver(request.getUrn())) changes.set("unseen", "delete");
      const response = new messages.DiffResponse();
      response.setChanges(
        changes.size > 0
          ? messages.DiffResponse.DiffChanges.DIFF_SOME
          : messages.DiffResponse.DiffChanges.DIFF_NONE,
      );
      response.setHasdetaileddiff(true);
      response.setDiffsList([...changes.keys()].map((path) => path.replace(/[.[].*$/, "")));
      for (const [path, kind] of changes) {
        const property = new messages.PropertyDiff();
        property.setKind(propertyKind(kind));
        response.getDetaileddiffMap().set(path, property);
      }
      await tellApproval({ urn: request.getUrn(), before, inputs });
      return response;
    }),

    create: unary(async (request: p.CreateRequest) => {
      const inputs = fromStruct(request.getProperties());
      const response = new messages.CreateResponse();
      if (request.getPreview()) {
        const coming = foretold(request.getUrn(), undefined, inputs);
        if (coming) engine.info(request.getUrn(), coming);
        await tellApproval({ urn: request.getUrn(), before: undefined, inputs });
        response.setProperties(toStruct(expectedOutputs(inputs)));
        return response;
      }
      await expectApproved({ urn: request.getUrn(), before: undefined, inputs, credentials });
      const { id, properties } = await operate(request, ({ apply }, context, urn) =>
        apply(context, urn, undefined, inputs),
      );
      response.setId(id);
      response.setProperties(toStruct(properties));
      return response;
    }),

    read: unary(async (request: p.ReadRequest) => {
      const inputs = fromStruct(request.getInputs());
      const properties = fromStruct(request.getProperties());
      const id = request.getId();
      const state = await operate(request, ({ importSet, refresh }, context, urn) =>
        inputs.hosts === undefined ? importSet(context, urn, id) : refresh(context, urn, inputs, properties),
      );
      const response = new messages.ReadResponse();
      // An empty id means that the set is gone.
      if (!state) return response;
      response.setId(state.id);
      response.setInputs(toStruct(state.inputs));
      response.setProperties(toStruct(state.properties));
      return response;
    }),

    update: unary(async (request: p.UpdateRequest) => {
      const [before, inputs] = [beforeOf(request), fromStruct(request.getNews())];
      const response = new messages.UpdateResponse();
      if (request.getPreview()) {
        const coming = foretold(request.getUrn(), before, inputs);
        if (coming) engine.info(request.getUrn(), coming);
        response.setProperties(toStruct(expectedOutputs(inputs)));
        return response;
      }
      await expectApproved({ urn: request.getUrn(), before, inputs, credentials });
      const { properties } = await operate(request, ({ apply }, context, urn) =>
        apply(context, urn, before, inputs),
      );
      response.setProperties(toStruct(properties));
      return response;
    }),

    delete: unary(async (request: p.DeleteRequest) => {
      const before = {
        inputs: fromStruct(request.getOldInputs()),
        properties: fromStruct(request.getProperties()),
      };
      await expectApprovedRemoval(request.getUrn(), before);
      await operate(request, ({ remove }, context, urn) => remove(context, urn, before));
      return new empty.Empty();
    }),

    cancel: unary(() => {
      pool?.stop();
      lifetime.stop();
      return new empty.Empty();
    }),
  };
}

function answer<Request, Response>(
  method: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    void (async () => {
      try {
        callback(null, await method(call.request));
      } catch (thrown) {
        if (thrown instanceof Unfinished) callback(initFailed(thrown));
        else callback({ code: codeOf(thrown), details: messageOf(thrown) });
      }
    })();
  };
}

function beforeOf(request: p.DiffRequest | p.UpdateRequest): Before {
  return { inputs: fromStruct(request.getOldInputs()), properties: fromStruct(request.getOlds()) };
}

function checked(
  inputs: p.CheckResponse["getInputs"] extends () => infer T ? T : never,
  failures: readonly Failure[],
): p.CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(inputs);
  response.setFailuresList(
    failures.map(({ path, reason }) => {
      const failure = new messages.CheckFailure();
      // The path is part of the reason. For a named property the engine would print the whole value, secrets included, or "<nil>" if the
      // name is a path.
      failure.setReason(`${path}: ${reason}`);
      return failure;
    }),
  );
  return response;
}

function propertyKind(kind: Kind) {
  const kinds = messages.PropertyDiff.Kind;
  return { add: kinds.ADD, delete: kinds.DELETE, update: kinds.UPDATE }[kind];
}

function expectUnitSet(urn: string): void {
  const type = typeOf(urn);
  if (type !== unitSetType)
    throw new Error(`this provider has no resource type "${type}", only ${unitSetType}`);
}
