import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { BotError } from "../errors.ts";
import { type Environment, parseEnvironment } from "./environment.ts";
import { type Config, configSchema, crossCheck } from "./file.ts";

export interface Settings {
  readonly environment: Environment;
  readonly config: Config;
  /** Where the configuration came from, for people: a path, or "built-in defaults". */
  readonly source: string;
}

export type LoadResult =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads environment and file, and collects every mistake of both instead of stopping at the first. */
export function loadSettings(env: Readonly<Record<string, string | undefined>>, purpose: "serve" | "cli"): LoadResult {
  const { environment, problems } = parseEnvironment(env, purpose);
  const file = loadFile(environment.configPath);
  const all = [...problems, ...file.problems];
  if (all.length > 0 || file.config === undefined) return { ok: false, problems: all };
  return { ok: true, settings: { environment, config: file.config, source: file.source } };
}

/** Throws BotError `config.invalid` that lists every mistake, a line each. */
export function requireSettings(env: Readonly<Record<string, string | undefined>>, purpose: "serve" | "cli"): Settings {
  const result = loadSettings(env, purpose);
  if (result.ok) return result.settings;
  throw new BotError(
    "config.invalid",
    `The configuration has ${result.problems.length === 1 ? "a mistake" : `${result.problems.length} mistakes`}:\n${result.problems.map((line) => `  ${line}`).join("\n")}\n`,
    "Correct it and check with: dfbot config check",
  );
}

interface LoadedFile {
  readonly config: Config | undefined;
  readonly source: string;
  readonly problems: readonly string[];
}

function loadFile(path: string | undefined): LoadedFile {
  if (path === undefined) return parseConfig("", "built-in defaults");
  if (!existsSync(path)) {
    return {
      config: undefined,
      source: path,
      problems: [
        `DFBOT_CONFIG: found ${JSON.stringify(path)}, where there is no file; allowed: the path of dfbot.yaml`,
      ],
    };
  }
  try {
    return parseConfig(readFileSync(path, "utf8"), path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return {
      config: undefined,
      source: path,
      problems: [`DFBOT_CONFIG: ${JSON.stringify(path)} cannot be read: ${why}`],
    };
  }
}

/** Parses the text of a dfbot.yaml; an empty text gives the defaults. Problems are prefixed with `source`. */
export function parseConfig(text: string, source: string): LoadedFile {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    return {
      config: undefined,
      source,
      problems: document.errors.map((error) => `${source}: ${error.message.trim()}`),
    };
  }
  const parsed = configSchema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (!parsed.success)
    return { config: undefined, source, problems: parsed.error.issues.map((issue) => `${source}: ${describe(issue)}`) };
  return { config: parsed.data, source, problems: crossCheck(parsed.data).map((line) => `${source}: ${line}`) };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly input?: unknown;
}

function describe(issue: Issue): string {
  const at = issue.path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
  const found = issue.input === undefined ? "nothing" : JSON.stringify(issue.input);
  return `${at === "" ? "top level" : at}: found ${found.length > 80 ? `${found.slice(0, 77)}...` : found}; ${issue.message}`;
}
