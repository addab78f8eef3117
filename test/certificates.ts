import { execFileSync } from "node:child_process";

/** A certificate that signs itself, and its key, in PEM. */
export interface Certificate {
  certificate: string;
  key: string;
}

/** @param days how long it is valid from now on */
export function makeCertificate(names: readonly string[], days = 30): Certificate {
  const subject = ["-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${names.map(san).join(",")}`];
  const text = openssl(
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ["-days", String(days), ...subject, "-keyout", "-", "-out", "-"],
  );
  const at = text.indexOf("-----BEGIN CERTIFICATE-----");
  return { certificate: text.slice(at), key: text.slice(0, at) };
}

/** The same key, locked. */
export function withPassphrase(key: string): string {
  return openssl(["pkey", "-aes256", "-passout", "pass:secret"], [], key);
}

function san(name: string): string {
  return `${/^[\d.]+$/.test(name) ? "IP" : "DNS"}:${name}`;
}

function openssl(command: readonly string[], options: readonly string[], input = ""): string {
  return execFileSync("openssl", [...command, ...options], {
    input,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
    timeout: 300_000,
  });
}
