import { driftOfObject, type FieldDrift } from "../../../manifests/compare/compare.ts";
import { addedByStrangers, lastStranger, writerOf } from "../../../manifests/compare/managers.ts";
import type { Manifest } from "../../../manifests/manifest.ts";
import type { FieldManager, LiveObject } from "../../../platform/live-object.ts";
import { plural } from "../../instance/units.ts";

/** A field that is otherwise than in Git, in words, and who wrote it. */
export interface Difference {
  readonly path: string;
  /** `spec.replicas is 2, and 3 in Git`; without a value that could be secret. */
  readonly words: string;
  /** `written by kubectl-edit on 2026-11-29 03:04 UTC`; empty where nobody says so. */
  readonly writer: string;
}

/** Where the live object is otherwise than Git has it, and what somebody else than Flux has put into it. */
export function differencesOf(desired: Manifest, live: LiveObject): readonly Difference[] {
  const drift = driftOfObject(desired, live.content);
  const known = new Set(drift.map(({ path }) => path));
  const added = addedByStrangers(desired, live.content, live.managers).filter(
    ({ path }) => !known.has(path) && !drift.some((one) => one.live !== undefined && isBelow(path, one.path)),
  );
  return [...drift, ...added].map((one) => ({
    path: one.path,
    words: wordsOf(desired.kind, one),
    writer: writerWords(one, live),
  }));
}

function isBelow(path: string, other: string): boolean {
  return path.startsWith(`${other}.`) || path.startsWith(`${other}[`);
}

function wordsOf(kind: string, { path, desired, live }: FieldDrift): string {
  if (live === undefined) return `${path} is not there, and ${said(kind, path, desired)} in Git`;
  if (desired === undefined) return `${path} is ${said(kind, path, live)}, and not in Git`;
  if (Array.isArray(desired) && Array.isArray(live))
    return `${path} has ${plural(live.length, "entry", "entries")}, and ${desired.length} in Git`;
  return `${path} is ${said(kind, path, live)}, and ${said(kind, path, desired)} in Git`;
}

const mostCharacters = 80;

function said(kind: string, path: string, value: unknown): string {
  if (Array.isArray(value)) return plural(value.length, "entry", "entries");
  if (typeof value === "object" && value !== null) return `{${Object.keys(value).slice(0, 5).join(", ")}}`;
  if (isDelicate(kind, path, value)) return "something that is not shown";
  const text = JSON.stringify(value);
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}

const secretWord = /pass(word|wd)?|secret|token|credential|private|api[-_]?key/i;

/** Git has no secrets; but somebody may have written one into the cluster. Free text is not shown at all. */
function isDelicate(kind: string, path: string, value: unknown): boolean {
  return (
    (kind === "ConfigMap" && /^(data|binaryData)\b/.test(path)) ||
    (kind === "ExternalSecret" && path.startsWith("spec.target.template")) ||
    (kind === "HelmRelease" && path.startsWith("spec.values") && typeof value === "string") ||
    /\benv\[/.test(path) ||
    secretWord.test(path) ||
    (typeof value === "string" && secretWord.test(value))
  );
}

function writerWords({ steps, live: value }: FieldDrift, { content, managers }: LiveObject): string {
  if (value !== undefined) return wrote("written", writerOf(managers, content, steps));
  // Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
  return wrote("who took it away is not kept; another field was last written", lastStranger(managers));
}

function wrote(words: string, manager: FieldManager | undefined): string {
  if (manager === undefined) return "";
  const at = manager.at === undefined ? "" : ` on ${manager.at.slice(0, 16).replace("T", " ")} UTC`;
  return `${words} by ${manager.name}${at}`;
}
