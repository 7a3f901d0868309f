import type { z } from "zod";
import type { Runbook } from "./definition.ts";
import { nearestWord } from "./nearest.ts";
import { describeParameters, type ParameterDescription } from "./parameter-description.ts";

/** What a surface collected from a person, all of it text still. `true` is a flag without a value. */
export interface GivenParameters {
  readonly positionals: readonly string[];
  readonly named: Readonly<Record<string, string | true>>;
  /** The word right after such a flag, by the flag, as its place among the positionals counted from the last (1). */
  readonly following?: Readonly<Record<string, number>>;
}

export type ParsedParameters =
  | { readonly ok: true; readonly params: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false;
      /** Plain sentences: the parameter, what was found, what is allowed. */
      readonly problems: readonly string[];
      /** Those of them that are about no parameter it has, or about several. */
      readonly general: readonly string[];
      /** The others by the parameter's name and without it, for a form. */
      readonly byName: Readonly<Record<string, string>>;
      /** What was given by a name, or in a place, that the runbook has. */
      readonly given: Readonly<Record<string, string | true>>;
    };

/** Words into a runbook's parameters: by name, and by position in the order the runbook declares. */
export function parseParameters(
  runbook: Pick<Runbook, "id" | "params" | "positional">,
  words: GivenParameters,
): ParsedParameters {
  const known = describeParameters(runbook);
  const given = withFollowing(words, known);
  const problems: string[] = [];
  const found = new Map<string, string | true>();
  for (const [index, value] of given.positionals.entries()) {
    const name = runbook.positional[index];
    if (name === undefined)
      problems.push(`${quoted(value)} is one word too many: ${runbook.id} takes ${takes(runbook)}`);
    else found.set(name, value);
  }
  for (const [name, value] of Object.entries(given.named)) {
    const parameter = known.find((candidate) => sameName(candidate.name, name));
    if (parameter === undefined) problems.push(`${runbook.id} has no parameter ${quoted(name)}${instead(name, known)}`);
    else if (found.has(parameter.name)) problems.push(`${parameter.name} is given twice`);
    else found.set(parameter.name, value);
  }
  const byName: Record<string, string> = {};
  const raw: Record<string, unknown> = {};
  for (const [name, value] of found) {
    const parameter = known.find((candidate) => candidate.name === name);
    if (value === true && parameter?.type !== "yes/no") byName[name] = ` needs a value; ${allowedBy(parameter)}`;
    else raw[name] = typed(parameter, value);
  }
  const parsed = runbook.params.safeParse(raw);
  for (const issue of parsed.error?.issues ?? []) {
    const name = key(issue.path);
    if (name === "") problems.push(describeIssue(issue, found, known));
    // A parameter that already has its problem needs no second one, for being absent or for its next part.
    else byName[name] ??= describeIssue(issue, found, known);
  }
  if (parsed.success && problems.length === 0 && Object.keys(byName).length === 0)
    return { ok: true, params: parsed.data };
  const named = Object.entries(byName);
  return {
    ok: false,
    general: problems,
    problems: [...problems, ...named.map(([name, problem]) => `${name}${problem}`)],
    byName: Object.fromEntries(named.map(([name, problem]) => [name, capital(problem.replace(/^[: ]+/, ""))])),
    given: Object.fromEntries(found),
  };
}

/** `--from pod/web-0` as `--from=pod/web-0`, where the parameter takes a word and the next word is one. */
function withFollowing(
  { positionals, named, following = {} }: GivenParameters,
  known: readonly ParameterDescription[],
): GivenParameters {
  const taken = Object.entries(named).flatMap(([name, value]) => {
    const parameter = known.find((candidate) => sameName(candidate.name, name));
    const place = following[name];
    if (value !== true || place === undefined || parameter === undefined || parameter.type === "yes/no") return [];
    return [{ name, at: positionals.length - place }];
  });
  return {
    positionals: positionals.filter((_, index) => !taken.some(({ at }) => at === index)),
    named: { ...named, ...Object.fromEntries(taken.map(({ name, at }) => [name, positionals[at] ?? true])) },
  };
}

/** Written `minAge`, `min-age` or, by a phone, `Minage`: the same name. */
function sameName(a: string, b: string): boolean {
  const bare = (name: string) => name.toLowerCase().replaceAll("-", "");
  return bare(a) === bare(b);
}

function typed(parameter: ParameterDescription | undefined, value: string | true): unknown {
  if (value === true) return true;
  if (parameter?.type === "number" && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
  if (parameter?.type === "yes/no" && /^(yes|true|on|no|false|off)$/i.test(value))
    return /^(yes|true|on)$/i.test(value);
  if (parameter?.type === "list") return listed(value);
  return value;
}

function listed(value: string): readonly string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** What follows the parameter's name in a sentence. */
function describeIssue(
  issue: z.core.$ZodIssue,
  found: ReadonlyMap<string, string | true>,
  known: readonly ParameterDescription[],
): string {
  const name = key(issue.path);
  const value = found.get(name);
  const rule = ruleOf(
    issue,
    known.find((candidate) => candidate.name === name),
  );
  if (name === "") return rule;
  if (value === undefined) return ` is missing; ${rule}`;
  const nearest = issue.code === "invalid_value" ? nearestWord(String(value), issue.values.map(String)) : undefined;
  return `: found ${quoted(String(value))}; ${rule}${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
}

/** A schema's own message stays; zod's, made for programmers, is said in the words of the help text. */
function ruleOf(issue: z.core.$ZodIssue, parameter: ParameterDescription | undefined): string {
  if (!/^(Invalid (input|option)|Too (small|big))/.test(issue.message)) return issue.message;
  if (issue.code === "too_small") return `allowed: ${bound("at least", issue.minimum, issue.origin)}`;
  if (issue.code === "too_big") return `allowed: ${bound("at most", issue.maximum, issue.origin)}`;
  return allowedBy(parameter);
}

function bound(words: string, limit: number | bigint, origin: string): string {
  return `${words} ${limit}${origin === "string" ? " characters" : ""}`;
}

function allowedBy(parameter: ParameterDescription | undefined): string {
  if (parameter === undefined) return "allowed: nothing";
  if (parameter.type === "number") return "allowed: a number";
  if (parameter.type === "yes/no") return "allowed: yes or no";
  const { type, choices, description } = parameter;
  if (choices !== undefined) return `allowed: ${choices.join(", ")}`;
  return `allowed: ${description === "" ? type : description}`;
}

function takes(runbook: Pick<Runbook, "positional">): string {
  return runbook.positional.length === 0 ? "none" : `only ${runbook.positional.join(", ")}`;
}

function instead(name: string, known: readonly ParameterDescription[]): string {
  const names = known.map((parameter) => parameter.name);
  const nearest = nearestWord(name, names);
  return nearest === undefined ? "; it takes none" : `; did you mean ${nearest}?`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function key(path: readonly PropertyKey[]): string {
  return String(path[0] ?? "");
}

/** What somebody typed, short, and with anything that could act on a terminal escaped. */
function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value);
}
