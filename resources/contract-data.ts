import type { EntryRuleName, RuleName } from "../units/rules.ts";
import json from "./contract.json" with { type: "json" };

/** What a value of the contract is. */
export type ValueType =
  /** `orFlag`: true and false too. `orNumber`: a whole number too. */
  | { kind: "text"; rule?: RuleName; orFlag?: true; orNumber?: true; what?: string }
  /** One of some words. `name`: that of its type. */
  | { kind: "words"; name: string; words: string[] }
  | { kind: "flag" }
  | { kind: "wholeNumber"; least: number; most: number }
  | { kind: "list"; of: ValueType }
  | { kind: "map"; key: { rule?: RuleName }; of: ValueType; entryRule?: EntryRuleName }
  /** Another shape of the contract. */
  | { kind: "shape"; shape: string; orFlag?: true; what?: string };

export interface Field {
  type: ValueType;
  required?: true;
  secret?: true;
  /** From its docstring. */
  description: string;
}

/** An object of the contract. */
export interface Shape {
  description: string;
  fields: Record<string, Field>;
}

/** The contract as data, by the names of its types. The provider reads it, as zod would make its start slower. */
export const contract = json as Record<string, Shape>;
