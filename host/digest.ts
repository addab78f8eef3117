import { createHash } from "node:crypto";

/** Hexadecimal SHA-256, as sha256sum(1) prints it. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
