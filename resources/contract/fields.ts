import { z } from "zod";
import { type EntryRuleName, type RuleName, entryRules, rules } from "../../units/rules.ts";

/** What a field has beside its type. */
export interface Mark {
  /** The rule that its text follows (units/rules.ts). */
  rule?: RuleName;
  /** The rule that each text of a map follows. */
  entryRule?: EntryRuleName;
  /** What it must be, for messages: where the type does not say it, or it is missing. */
  what?: string;
  /** A value, for the message that it is missing. */
  example?: string;
  /** Always kept as a secret. */
  secret?: true;
}

export const marks = z.registry<Mark>();

/** A text, which may have to follow a rule. */
export function text(rule?: RuleName, mark: Omit<Mark, "rule"> = {}): z.ZodString {
  if (rule === undefined) return z.string().register(marks, mark);
  const schema = z.string().check(({ value, issues }) => {
    const message = rules[rule](value);
    if (message !== undefined) issues.push({ code: "custom", message, input: value, continue: true });
  });
  return schema.register(marks, { ...mark, rule });
}

export function wholeNumber(least: number, most: number): z.ZodInt {
  return z.int().min(least).max(most);
}

/** Values by names that follow a rule. */
export function map<T extends z.ZodType>(key: z.ZodString, value: T): z.ZodRecord<z.ZodString, T> {
  return z.record(key, value);
}

/** Values by names, all of them one secret. */
export function mapOfSecrets<T extends z.ZodType>(key: z.ZodString, value: T): z.ZodRecord<z.ZodString, T> {
  return map(key, value).register(marks, { secret: true });
}

/** Texts by names, each of which follows a rule that depends on its name. */
export function textMap(key: z.ZodString, entryRule: EntryRuleName): z.ZodRecord<z.ZodString, z.ZodString> {
  const schema = z.record(key, text()).check(({ value, issues }) => {
    for (const [name, one] of Object.entries(value)) {
      const message = entryRules[entryRule](one, name);
      if (message !== undefined)
        issues.push({ code: "custom", message, path: [name], input: one, continue: true });
    }
  });
  return schema.register(marks, { entryRule });
}

/** Also a whole number. Other languages have the text. */
export function textOrNumber(rule: RuleName, what: string): z.ZodUnion<readonly [z.ZodString, z.ZodInt]> {
  return z.union([text(rule), wholeNumber(0, 999_999_999)]).register(marks, { what });
}

/** Also true or false. Other languages know no unions: they have the other type, with the texts "true" and "false". */
export function textOrFlag(what: string): z.ZodUnion<readonly [z.ZodString, z.ZodBoolean]> {
  return z.union([text(), z.boolean()]).register(marks, { what: `${what}, true or false` });
}
