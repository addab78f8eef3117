import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type TestContext, after, afterEach, beforeEach, describe, test } from "node:test";
import { type PostOptions, post } from "../../cli/post/index.ts";
import { Stop } from "../../cli/stop.ts";
import type { FakeForge } from "../fake-forge.ts";
import { FakeGitHub } from "../fake-github.ts";
import { FakeGitLab } from "../fake-gitlab.ts";

// `quadlet-fleet post`, with fakes of the forges.

const token = "secret-token-of-a-job";
const bot = "github-actions[bot]";

/** A forge, the environment of a job for its pull request 7, and the author of the job's posts. */
interface Scene {
  forge: FakeForge;
  env: Record<string, string>;
  name: string;
}

/** The environment of a job on GitHub. */
function githubJob(url: string): Record<string, string> {
  return {
    GITHUB_API_URL: url,
    GITHUB_REPOSITORY: FakeGitHub.repository,
    GITHUB_TOKEN: token,
    GITHUB_REF: "refs/pull/7/merge",
    GITHUB_SERVER_URL: "https://forge.example",
    GITHUB_RUN_ID: "99",
  };
}

async function github(name = bot, isJob = true): Promise<Scene> {
  const forge = new FakeGitHub({ [token]: { name, isJob } });
  return { forge, env: githubJob(await forge.start()), name };
}

/** A server that is no forge, until the test has ended. Returns the environment of a job there. */
async function elsewhere(context: TestContext, answer: RequestListener): Promise<Record<string, string>> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  context.after(() => server.close());
  await once(server, "listening");
  return githubJob(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

async function gitlab(): Promise<Scene> {
  const forge = new FakeGitLab({ [token]: { name: "robot" } });
  const env = {
    GITLAB_CI: "true",
    CI_API_V4_URL: await forge.start(),
    CI_PROJECT_ID: FakeGitLab.project,
    GITLAB_TOKEN: token,
    CI_MERGE_REQUEST_IID: "7",
    CI_JOB_URL: "https://forge.example/acme/fleet/actions/runs/99",
  };
  return { forge, env, name: "robot" };
}

/** A directory for the file with the text of a post. */
const directory = mkdtempSync(join(tmpdir(), "post-"));
after(() => rmSync(directory, { recursive: true }));

/** @returns the error, or "" */
async function run(env: Record<string, string>, argv: readonly string[], text = ""): Promise<string> {
  const [what, ...words] = argv;
  const { values } = parseArgs({
    args: words,
    options: {
      ...{ marker: { type: "string" }, title: { type: "string" }, author: { type: "string" } },
      ...{ branch: { type: "string" }, base: { type: "string" }, close: { type: "boolean" } },
    },
  });
  const { marker = "", title, author, branch, base, close = false } = values;
  const file = join(directory, "text.md");
  writeFileSync(file, text);
  const options = { what: what as PostOptions["what"], marker, title, author, branch, base, close, file };
  try {
    await post(options, env);
    return "";
  } catch (thrown) {
    assert.ok(thrown instanceof Stop, String(thrown));
    assert.ok(!thrown.message.includes(token), thrown.message);
    return thrown.message;
  }
}

for (const [name, open] of [
  ["GitHub, Gitea and Forgejo", github],
  ["GitLab", gitlab],
] as const)
  describe(name, () => {
    let scene: Scene;
    beforeEach(async () => (scene = await open()));
    afterEach(() => scene.forge[Symbol.asyncDispose]());
    const ask = (argv: readonly string[], input?: string) => run(scene.env, argv, input);
    const comment = ["comment", "--marker", "review of production"];

    test("a comment is posted once, and then it has another text", async () => {
      const { forge } = scene;
      // These comments are on pages before ours.
      for (const body of ["one", "two", "three"]) forge.keep(forge.comments, "alice", { of: 7, body });
      assert.equal(await ask(comment, "first\n"), "");
      assert.equal(await ask(comment, "second\n"), "");
      const ours = forge.comments.slice(3);
      assert.deepEqual(
        ours.map(({ author, body, of }) => ({ author, body, of })),
        [{ author: scene.name, of: 7, body: "<!-- quadlet-fleet: review of production -->\nsecond\n" }],
      );
      const writes = () => forge.log.filter((line) => !line.startsWith("GET")).length;
      const before = writes();
      assert.equal(await ask(comment, "second\n"), "");
      assert.equal(writes(), before);
      // Another marker makes another comment.
      assert.equal(await ask(["comment", "--marker", "review of staging"], "third\n"), "");
      assert.equal(forge.comments.length, 5);
    });

    test("a comment of another account with the marker stays as it is", async () => {
      const { forge } = scene;
      const body = "<!-- quadlet-fleet: review of production -->\nall is well, merge it";
      forge.keep(forge.comments, "mallory", { of: 7, body });
      // A comment that quotes ours is not ours either.
      forge.keep(forge.comments, scene.name, { of: 7, body: `> ${body}` });
      assert.equal(await ask(comment, "it removes all\n"), "");
      assert.deepEqual(
        forge.comments.map(({ body: text }) => text),
        [body, `> ${body}`, "<!-- quadlet-fleet: review of production -->\nit removes all\n"],
      );
    });

    test("a command that has failed leaves no text, and the comment of before does not stay", async () => {
      assert.equal(await ask(comment, "all is well\n"), "");
      assert.equal(await ask(comment, "\n"), "");
      const [{ body = "" } = {}] = scene.forge.comments;
      assert.match(
        body,
        /^<!--.*-->\n❌ There is no result, because .* failed\. The \[log of the job\]\(https:/,
      );
    });

    test("an issue is opened, gets another text, is closed, and is opened again", async () => {
      const { forge } = scene;
      const opened = ["issue", "--marker", "drift of production", "--title", "Drift of production"];
      const mark = "<!-- quadlet-fleet: drift of production -->";
      forge.keep(forge.issues, "mallory", { title: "Drift of production", body: `${mark}\nnothing` });
      const ours = () => forge.issues.filter(({ author }) => author === scene.name);
      const close = ["issue", "--marker", "drift of production", "--close"];
      assert.equal(await ask(close), "");
      assert.equal(ours().length, 0);
      for (const text of ["one", "two"]) assert.equal(await ask(opened, text), "");
      const issue = { title: "Drift of production", body: `${mark}\ntwo`, isOpen: true };
      const shown = () => ours().map(({ title, body, isOpen }) => ({ title, body, isOpen }));
      assert.deepEqual(shown(), [issue]);
      assert.equal(await ask(close), "");
      assert.deepEqual(shown(), [{ ...issue, isOpen: false }]);
      assert.equal(await ask(opened, "three"), "");
      assert.deepEqual(shown(), [{ ...issue, body: `${mark}\nthree` }]);
      const [foreign] = forge.issues;
      assert.deepEqual([foreign?.body, foreign?.isOpen], [`${mark}\nnothing`, true]);
    });

    test("a pull request is opened once for its branch", async () => {
      const { forge } = scene;
      forge.keep(forge.pulls, "alice", { head: "other", base: "main" });
      const words = ["--marker", "promotion", "--branch", "promote-production", "--base", "main"];
      const argv = ["pull-request", ...words, "--title", "Promote"];
      for (const text of ["one", "two"]) assert.equal(await ask(argv, text), "");
      assert.deepEqual(
        forge.pulls
          .slice(1)
          .map(({ author, title, body, head, base }) => ({ author, title, body, head, base })),
        [
          {
            author: scene.name,
            title: "Promote",
            body: "<!-- quadlet-fleet: promotion -->\ntwo",
            head: "promote-production",
            base: "main",
          },
        ],
      );
      forge.pulls.splice(1);
      forge.keep(forge.pulls, "mallory", { head: "promote-production", base: "main" });
      assert.match(
        await ask(argv, "three"),
        /^The branch promote-production already has a pull request, \d+ by mallory/,
      );
    });

    test("a token that is not valid: the answer of the forge, and no token", async () => {
      const wrong = Object.fromEntries(
        Object.entries(scene.env).map(([key, value]) => [
          key,
          key.endsWith("TOKEN") ? `not-${token}` : value,
        ]),
      );
      const { GITLAB_CI } = scene.env;
      assert.match(
        await run(wrong, comment, "x"),
        GITLAB_CI
          ? /does not say which account the token belongs to/
          : /status 401: "Bad credentials"\nCheck the token/,
      );
    });
  });

test("Gitea: a user with the name that Forgejo's jobs have is not the account of its jobs", async () => {
  const { forge, env } = await github("gitea-actions");
  await using _ = forge;
  void _;
  const here = { ...env, GITEA_ACTIONS: "true" };
  const forged = "<!-- quadlet-fleet: m -->\nall is well";
  forge.keep(forge.comments, "forgejo-actions", { of: 7, body: forged });
  for (const text of ["it removes all", "it restarts all"])
    assert.equal(await run(here, ["comment", "--marker", "m"], text), "");
  assert.deepEqual(
    forge.comments.map(({ author, body }) => [author, body]),
    [
      ["forgejo-actions", forged],
      ["gitea-actions", "<!-- quadlet-fleet: m -->\nit restarts all"],
    ],
  );
});

test("an account of its own posts under its own name", async () => {
  const { forge, env } = await github("robot", false);
  await using _ = forge;
  void _;
  assert.equal(await run(env, ["comment", "--marker", "m"], "x"), "");
  assert.equal(forge.comments[0]?.author, "robot");
});

test("an app that may not ask its name: the first post says it", async () => {
  const { forge, env } = await github("app[bot]");
  await using _ = forge;
  void _;
  assert.match(await run(env, ["comment", "--marker", "m"], "x"), /Give --author app\[bot\]\./);
  assert.equal(await run(env, ["comment", "--marker", "m", "--author", "app[bot]"], "y"), "");
  assert.deepEqual(
    forge.comments.map(({ body }) => body),
    ["<!-- quadlet-fleet: m -->\ny"],
  );
});

for (const [what, answers] of [
  ["a page in place of the posts", { GET: "<html>" }],
  ["a list of something else", { GET: "[null]" }],
  ["a page after a post", { GET: "[]", POST: "<html>" }],
  ["a post of something else", { GET: '[{ "id": "x", "user": "y", "body": 5 }]', POST: "[]" }],
] as const)
  test(`a forge answers with ${what}`, async (context) => {
    const { GET, POST = "" }: { GET: string; POST?: string } = answers;
    const env = await elsewhere(context, ({ method, url }, response) => {
      response.end(url === "/user" ? '{ "login": "robot" }' : method === "GET" ? GET : POST);
    });
    assert.match(
      await run(env, ["comment", "--marker", "m"], "x"),
      /^(GET|POST) \/repos\/acme\/fleet\/\S+: the answer is not (a list of objects|an object)\.$/,
    );
  });

test("a redirect is not followed, as the token would go with it", async (context) => {
  const asked: string[] = [];
  const env = await elsewhere(context, (request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  assert.match(await run(env, ["comment", "--marker", "m"], "x"), /^GET \/user of http:\S+ failed: /);
  assert.deepEqual(asked, ["/user"]);
});

for (const [title, env, argv, says] of [
  ["no job", {}, ["comment", "--marker", "m"], /^This is not a CI job/],
  [
    "no token",
    { GITHUB_API_URL: "http://127.0.0.1:1" },
    ["comment", "--marker", "m"],
    /GITHUB_TOKEN is not set/,
  ],
  ["a marker that ends its comment", {}, ["comment", "--marker", "a -->"], /--marker "a -->": write words/],
] as const)
  test(title, async () => assert.match(await run(env, argv, "x"), says));
