import { X509Certificate, createPrivateKey } from "node:crypto";
import { warn } from "@pulumi/pulumi/log/index.js";
import { type Input, Output, all, unsecret } from "@pulumi/pulumi/output.js";
import type { Resource } from "@pulumi/pulumi/resource.js";
import { ArgumentError, type ArgumentProblem } from "../arguments/problems.ts";
import { certificateName } from "../../units/nginx/tls.ts";
import { acmeProblems } from "./acme-check.ts";
import { type CertificateArgs, type TlsArgs, certificatesOf, missingPair } from "./tls.ts";

/** What is wrong with a certificate and its key, and what is only odd. */
export interface TlsProblems {
  problems: ArgumentProblem[];
  warnings: string[];
}

/**
 * Looks at what is known of certificates and keys.
 *
 * @param names what clients ask for, as far as the arguments say it
 */
export function checkTls(
  tls: TlsArgs | undefined,
  names: readonly string[] = [],
  now = new Date(),
): TlsProblems {
  if (tls === undefined) return { problems: [], warnings: [] };
  const malformed = [...acmeProblems(tls), ...missingPair(tls)];
  if (malformed.length > 0) return { problems: malformed, warnings: [] };
  const found = certificatesOf(tls).map(({ path, pair }) => checkPlain(path, pair, now));
  const problems = found.flatMap(({ problems }) => problems);
  return {
    problems,
    warnings: [
      ...found.flatMap(({ warnings }) => warnings),
      ...(problems.length > 0 ? [] : otherNames(tls, names)),
    ],
  };
}

/** Certificates which a client refuses because they are for other names. */
function otherNames(tls: TlsArgs, names: readonly string[]): string[] {
  const named = Object.keys(tls.certificates ?? {});
  return [...new Set([...names, ...named])].flatMap((asked) => {
    const chosen = certificateName(asked, named);
    const found = certificatesOf(tls).find((one) => one.name === chosen);
    if (found === undefined)
      return tls.acme?.names?.includes(asked)
        ? []
        : [`tls.acme.names: has no "${asked}". Clients that ask for that name refuse the certificate.`];
    const { path, pair } = found;
    const text = plain(pair.certificate);
    const [leaf] = text === undefined ? [] : readChain(text);
    // What a pattern stands for: a name below it.
    if (typeof leaf !== "object" || leaf.checkHost(asked.replace("*", "name")) !== undefined) return [];
    return [
      `${path}.certificate: ${name(leaf)} is not for "${asked}". Clients that ask for that name refuse it.`,
    ];
  });
}

function checkPlain(path: string, { certificate, key }: CertificateArgs, now: Date): TlsProblems {
  return checkPair(path, plain(certificate), plain(key), now);
}

function plain(value: Input<string>): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * A certificate and a key, of which one may be unknown. No message has anything of the key.
 *
 * @param path the argument that has both, in messages
 */
function checkPair(
  path: string,
  certificate: string | undefined,
  key: string | undefined,
  now = new Date(),
): TlsProblems {
  const chain = certificate === undefined ? undefined : readChain(certificate);
  const privateKey = key === undefined ? undefined : readKey(key);
  const problems: ArgumentProblem[] = [];
  if (typeof chain === "string") problems.push({ path: `${path}.certificate`, message: chain });
  if (typeof privateKey === "string") problems.push({ path: `${path}.key`, message: privateKey });
  if (typeof chain === "string" || chain?.[0] === undefined) return { problems, warnings: [] };
  const [leaf] = chain;
  if (privateKey !== undefined && typeof privateKey !== "string" && !leaf.checkPrivateKey(privateKey)) {
    const at = chain.findIndex((other) => other.checkPrivateKey(privateKey));
    const message =
      at > 0
        ? `belongs to certificate ${at + 1} of ${path}.certificate, and nginx takes the first. Put it first.`
        : `does not belong to ${path}.certificate: ${name(leaf)}. Give the key that it was made with.`;
    problems.push({ path: `${path}.key`, message });
  }
  return { problems, warnings: age(`${path}.certificate`, leaf, now) };
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN ([A-Z0-9]+ )?PRIVATE KEY-----/;

/** The certificates, or what is wrong. */
function readChain(text: string): X509Certificate[] | string {
  const blocks = text.match(certificateBlock) ?? [];
  if (keyBlock.test(text)) {
    return blocks.length > 0
      ? "also holds a private key, and certificates are not kept secret. Move it to key."
      : "is a private key. Are certificate and key swapped?";
  }
  if (blocks.length === 0)
    return `is not a certificate in PEM (-----BEGIN CERTIFICATE-----).${fileHint(text)}`;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return "can't be read as a certificate: it is damaged, or was cut off";
  }
}

function readKey(text: string) {
  if (!keyBlock.test(text)) {
    return text.includes("-----BEGIN CERTIFICATE-----")
      ? "is a certificate. Are certificate and key swapped?"
      : `is not a private key in PEM (-----BEGIN PRIVATE KEY-----).${fileHint(text)}`;
  }
  if (/ENCRYPTED/.test(text))
    return "has a passphrase, and nginx can't ask for it. Remove the passphrase: openssl pkey -in FILE -out NEW";
  try {
    return createPrivateKey(text);
  } catch {
    return "can't be read as a private key: it is damaged, or was cut off";
  }
}

function fileHint(text: string): string {
  return /^\s*(~|\.|\/)?[\w./-]+\s*$/.test(text) ? " Give the text of the file, not its name." : "";
}

function age(path: string, leaf: X509Certificate, now: Date): string[] {
  if (leaf.validToDate < now)
    return [`${path}: ${name(leaf)} expired on ${leaf.validTo}. Clients refuse it.`];
  if (leaf.validFromDate > now)
    return [`${path}: ${name(leaf)} is not valid before ${leaf.validFrom}. Clients refuse it.`];
  return [];
}

/** For people: "CN=www.example.com". */
function name({ subject, subjectAltName }: X509Certificate): string {
  return (subject || subjectAltName || "a certificate without a name").replaceAll("\n", ", ");
}

/** The same for what is not known yet: its files wait for the check. */
export function lateTls(what: string, tls: TlsArgs, component: Resource): TlsArgs {
  const late = ({ path, pair }: { path: string; pair: CertificateArgs }): CertificateArgs => {
    const { certificate, key } = pair;
    if (!Output.isInstance(certificate) && !Output.isInstance(key)) return pair;
    const checked = unsecret(
      all([certificate, key]).apply(([certificateText, keyText]) => {
        const { problems, warnings } = checkPair(path, certificateText, keyText);
        if (problems.length > 0) throw new ArgumentError(what, problems);
        for (const warning of warnings) void warn(warning, component);
        return true;
      }),
    );
    const wait = (value: Input<string>) => all([value, checked]).apply(([text]) => text);
    return { certificate: typeof certificate === "string" ? certificate : wait(certificate), key: wait(key) };
  };
  const [first, ...named] = certificatesOf(tls);
  return {
    ...tls,
    ...(first === undefined ? {} : late(first)),
    ...(tls.certificates === undefined
      ? {}
      : { certificates: Object.fromEntries(named.map((one) => [one.name ?? "", late(one)])) }),
  };
}
