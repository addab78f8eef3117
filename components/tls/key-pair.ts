import {
  type ListenAddress,
  parseListenStream,
  sameAddress,
  toListenStream,
  toNginxListen,
} from "../../units/nginx/address.ts";
import { type NamedAddress, namedAddresses } from "../../units/nginx/bind.ts";
import type { CheckResult } from "../../units/nginx/check.ts";
import { type NginxFile, findListens } from "../../units/nginx/listens.ts";
import { type Directive, parseNginx } from "../../units/nginx/parse.ts";
import { problemAt } from "../../units/nginx/problem.ts";
import { NginxSyntaxError } from "../../units/nginx/tokens.ts";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import { tlsListens } from "./tls.ts";

/**
 * Whether nginx speaks TLS where `tls.listen` says so, and there only. Without `tls`, an address of `listen` may have it by
 * certificates of a volume. nginx itself serves plain HTTP on port 443 without a word.
 *
 * One `listen` with "ssl" is enough for an address (ngx_http_add_addresses() in src/http/ngx_http.c).
 */
export function checkEncryption(
  args: Pick<SocketActivatedNginxArgs, "listen" | "tls">,
  files: NginxFile[],
): CheckResult {
  const found: CheckResult = { errors: [], warnings: [] };
  if (args.tls === undefined) return found;
  const [plain, encrypted] = [args.listen, tlsListens(args)].map((texts) => texts.map(parseListenStream));
  const { listens, unseen } = findListens(files);
  const isOld = files.some(hasSslOn);
  for (const one of namedAddresses(listens.filter(({ options }) => !options.includes("quic")))) {
    // One that a wildcard covers has its own options: clients reach it by the wildcard's socket.
    const { address } = one.coveredBy ?? one;
    const isIn = (addresses: ListenAddress[] = []) => addresses.some((other) => sameAddress(other, address));
    const hasSsl = one.listens.some(({ options }) => options.includes("ssl"));
    if (isIn(encrypted) && !hasSsl && !isOld)
      (unseen ? found.warnings : found.errors).push(inClear(one, unseen));
    if (isIn(plain) && hasSsl) found.warnings.push(misplaced(one));
  }
  return found;
}

function inClear(one: NamedAddress, unseen: boolean) {
  const [listen] = one.listens;
  const subject =
    listen?.text === undefined
      ? `this server has no "listen", so nginx takes ${toListenStream(one.address)}, and that`
      : `"${listen.text}"`;
  const end = unseen ? ', unless an include that can\'t be seen has it with "ssl"' : "";
  return problemAt(
    listen?.file ?? "",
    listen?.line,
    `${subject} has no "ssl", and is for an address of the argument tls.listen: everything would be sent there without encryption${end}. Write "listen ${toNginxListen(one.address)} ssl".`,
  );
}

/** It works, except for what reads the arguments. */
function misplaced({ listens, address }: NamedAddress) {
  const listen = listens.find(({ options }) => options.includes("ssl"));
  return problemAt(
    listen?.file ?? "",
    listen?.line,
    `"${listen?.text}" has "ssl", and ${toListenStream(address)} is in the argument listen, so verify, smokeTest and urls would use it without TLS. Move it to tls.listen.`,
  );
}

/** `ssl on;`, which nginx had in place of the option up to 1.25.0. */
function hasSslOn({ name, text }: NginxFile): boolean {
  const within = (directives: readonly Directive[]): boolean =>
    directives.some(
      (directive) =>
        (directive.name === "ssl" && directive.args[0] === "on") || within(directive.block ?? []),
    );
  try {
    return within(parseNginx(text, name));
  } catch (thrown) {
    if (!(thrown instanceof NginxSyntaxError)) throw thrown;
    return false;
  }
}
