import { unitAt } from "../host/desired.ts";
import { addressProblem, userProblem } from "../units/host-address.ts";
import { hostKeyProblem } from "../units/host-key.ts";
import { imageProblem } from "../units/image.ts";
import { didYouMeanOf } from "../units/nearest.ts";
import { identityFileProblem, privateKeyProblem } from "../units/private-key.ts";
import { parseListenStream } from "../units/nginx/address.ts";
import { checkName, checkUnit } from "./check-units.ts";
import { type Plain, type PlainObject, isObject, unknown } from "./wire.ts";

/** One thing that is wrong with the inputs. */
export interface Failure {
  /** Property path, as in `units["x.socket"]`. */
  path: string;
  reason: string;
}

type Rule = (value: Plain, path: string, fail: (path: string, reason: string) => void) => void;

/** Everything that is wrong with the inputs of a UnitSet, all at once. What is not known yet is not wrong. */
export function checkUnitSet(inputs: PlainObject): Failure[] {
  const failures: Failure[] = [];
  const fail = (path: string, reason: string) => void failures.push({ path, reason });
  unitSet(inputs, "", fail);
  if (failures.length === 0) checkTogether(inputs, fail);
  return failures;
}

/** The fields of a connection that the provider's configuration may give as well. */
export const credentialRules: Record<string, Rule> = {
  hostKey: textWithout(hostKeyProblem),
  knownHostsFile: text(/./s, "is empty: the path of a file"),
  identityFile: textWithout(identityFileProblem),
  privateKey: textWithout(privateKeyProblem),
  passphrase: text(),
  agent: (value, path, fail) => {
    if (typeof value !== "string" && typeof value !== "boolean")
      fail(path, "must be the path of an agent's socket, true or false");
  },
  sshConfig: (value, path, fail) => {
    if (typeof value !== "string" && typeof value !== "boolean")
      fail(path, "must be the path of a file, true or false");
  },
};

const endpoint = {
  ...credentialRules,
  address: textWithout(addressProblem),
  port: integer(1, 65535),
  user: textWithout(userProblem),
};

/** A jump host may itself be behind one. */
const jump: Rule = (value, path, fail) => object({ ...endpoint, jump }, ["address"])(value, path, fail);

const connection = object(
  {
    ...endpoint,
    jump,
    sudo: (value, path, fail) => {
      if (typeof value !== "boolean") object({ password: text() }, [])(value, path, fail);
    },
    connectTimeout: integer(1, 600),
    commandTimeout: integer(1, 86400),
  },
  ["address"],
);

const keys = list(text());
const line = text(/^\P{Cc}*$/u, "can't hold a newline or another control character");
const words = list(line);
const image: Rule = (value, path, fail) => {
  if (value === unknown) return;
  const problem = typeof value === "string" ? imageProblem(value) : "must be text";
  if (problem !== undefined) fail(path, problem);
};
const mounts = map((value, path, fail, key) => {
  checkPath(key, path, fail);
  line(value, path, fail);
});
const unitSet = object(
  {
    connection,
    name: text(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/,
      'must be letters, digits, "-", "_" and ".", at most 100',
    ),
    manager: oneOf("system", "user"),
    user: endpoint.user,
    createUser: boolean,
    units: map(checkUnit),
    files: map((value, path, fail, key) => {
      checkPath(key, path, fail);
      const mode = text(/^0[0-7]{3}$/, 'must be four octal digits, as in "0644"');
      object({ content: text(), mode, placeholders: boolean }, ["content"])(value, path, fail);
    }),
    services: map((value, path, fail, key) => {
      checkName(key, path, fail);
      object({ active: boolean, enabled: boolean, reloadOn: keys, restartOn: keys, handover: boolean }, [])(
        value,
        path,
        fail,
      );
    }),
    images: map((value, path, fail, key) => {
      image(key, path, fail);
      object({ pull: oneOf("missing", "always", "never") }, ["pull"])(value, path, fail);
    }),
    checks: map((value, path, fail, key) => {
      line(key, path, fail);
      object({ image, command: words, mounts, volumes: words, service: line }, ["image", "command"])(
        value,
        path,
        fail,
      );
    }),
    probes: map((value, path, fail, key) => {
      if (!isListenStream(key)) fail(path, "is no address that a socket listens on");
      object(
        {
          path: text(/^\/[!-~]*$/, 'must begin with "/", without spaces and control characters'),
          hostName: text(/^[A-Za-z0-9.:[\]_-]+$/, "is no host name"),
          status: integer(100, 599),
          body: line,
          address: text(/^127(\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/, 'must begin with "127."'),
        },
        [],
      )(value, path, fail);
    }),
    registries: map(object({ username: text(), password: text() }, ["username", "password"])),
    linger: boolean,
    adopt: boolean,
  },
  ["connection", "name", "manager", "units"],
);

function checkTogether(inputs: PlainObject, fail: (path: string, reason: string) => void): void {
  const { manager, user, createUser, linger, units, files, services } = inputs as Record<
    string,
    Plain | undefined
  >;
  if (manager === "user" && user === undefined) fail("user", 'is missing: manager "user" needs the account');
  if (user === undefined && createUser === true) fail("createUser", "needs the account that is to be made");
  if (user === undefined && linger === true) fail("linger", "goes with an account (user) only");
  // Names of what is not known yet can't be missed.
  if (units === unknown || files === unknown) return;
  for (const path of Object.keys(isObject(files) ? files : {})) {
    const unit = manager === "system" || manager === "user" ? unitAt(manager, path) : undefined;
    if (unit !== undefined && isObject(units) && unit in units)
      fail(`files["${path}"]`, "is a unit of this set as well");
    if (/^(\/var\/lib|~\/\.local\/state)\/quadlet-fleet\//.test(path))
      fail(`files["${path}"]`, "is where quadlet-fleet keeps its own records");
  }
  const known = [...Object.keys(isObject(units) ? units : {}), ...Object.keys(isObject(files) ? files : {})];
  for (const [unit, service] of Object.entries(isObject(services) ? (services as PlainObject) : {})) {
    for (const list of ["reloadOn", "restartOn"]) {
      const names = isObject(service) ? (service as PlainObject)[list] : undefined;
      for (const name of Array.isArray(names) ? names : []) {
        if (typeof name === "string" && !known.includes(name))
          fail(`services["${unit}"].${list}`, `"${name}" is no file or unit of this set`);
      }
    }
  }
}

function isListenStream(text: string): boolean {
  try {
    parseListenStream(text);
    return true;
  } catch {
    return false;
  }
}

function checkPath(key: string, path: string, fail: (path: string, reason: string) => void): void {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(key)) fail(path, "a path can't hold control characters");
  else if (!key.startsWith("/") && !key.startsWith("~/"))
    fail(path, 'a path is absolute, or begins with "~/"');
  else if (
    key
      .split("/")
      .slice(1)
      .some((part) => part === "" || part === "." || part === "..")
  ) {
    fail(path, 'a path can\'t leave its directory: it has no "..", "." or empty part');
  }
}

function object(rules: Record<string, Rule>, required: readonly string[]): Rule {
  return (value, path, fail) => {
    if (value === unknown) return;
    if (!isObject(value)) {
      fail(path, "must be an object");
      return;
    }
    const at = (key: string) => (path === "" ? key : `${path}.${key}`);
    for (const key of required) if ((value as PlainObject)[key] === undefined) fail(at(key), "is missing");
    for (const [key, inner] of Object.entries(value)) {
      const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
      if (!rule) fail(at(key), `is not known.${didYouMeanOf(key, Object.keys(rules))}`);
      else if (inner !== unknown) rule(inner, at(key), fail);
    }
  };
}

function map(
  rule: (value: Plain, path: string, fail: (path: string, reason: string) => void, key: string) => void,
): Rule {
  return (value, path, fail) => {
    if (!isObject(value)) {
      fail(path, "must be an object");
      return;
    }
    for (const [key, inner] of Object.entries(value)) rule(inner, `${path}["${key}"]`, fail, key);
  };
}

function list(rule: Rule): Rule {
  return (value, path, fail) => {
    if (!Array.isArray(value)) fail(path, "must be a list");
    else value.forEach((inner, index) => inner === unknown || rule(inner, `${path}[${index}]`, fail));
  };
}

function text(pattern?: RegExp, reason = "must be text"): Rule {
  return (value, path, fail) => {
    if (value === unknown) return;
    if (typeof value !== "string") fail(path, "must be text");
    else if (pattern && !pattern.test(value)) fail(path, reason);
  };
}

/** A text with a rule of units/: what is wrong with it, or undefined. */
function textWithout(problemOf: (text: string) => string | undefined): Rule {
  return (value, path, fail) => {
    if (value === unknown) return;
    const problem = typeof value === "string" ? problemOf(value) : "must be text";
    if (problem !== undefined) fail(path, problem);
  };
}

function integer(least: number, most: number): Rule {
  return (value, path, fail) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
      fail(path, `must be a whole number from ${least} to ${most}`);
    }
  };
}

function oneOf(...values: string[]): Rule {
  return (value, path, fail) => {
    if (typeof value !== "string" || !values.includes(value))
      fail(path, `must be ${values.map((one) => `"${one}"`).join(" or ")}`);
  };
}

function boolean(value: Plain, path: string, fail: (path: string, reason: string) => void): void {
  if (typeof value !== "boolean") fail(path, "must be true or false");
}
