import type { Entry } from "../../host/attended/entry.ts";
import { harmless, prefixed } from "../output.ts";

/** An entry with its host. */
export interface HostEntry extends Entry {
  readonly host: string;
}

/** A line for people, or several if the message has several. Times are UTC. */
export function textOf({ host, time, unit, message }: HostEntry, width: number): string {
  const at = isoOf(time).slice(0, 23).replace("T", " ");
  return prefixed(host, width, `${at} ${unit}: ${message}`);
}

/** A line for programs: docs/logs.md has its keys. */
export function jsonOf({ host, time, unit, message }: HostEntry): string {
  return `${JSON.stringify({ time: isoOf(time), host, unit, message: harmless(message) })}\n`;
}

/** ISO 8601, in UTC, with microseconds. */
function isoOf(time: number): string {
  const milliseconds = new Date(Math.floor(time / 1000)).toISOString();
  return `${milliseconds.slice(0, -1)}${String(time - Math.floor(time / 1000) * 1000).padStart(3, "0")}Z`;
}
