import { clean } from "../../reports/render/clean.ts";
import type { Check } from "../draft.ts";

/** A rule that is kept. */
export function kept(id: string, title: string, detail = ""): Check {
  return { id, verdict: "ok", title: clean(title), detail: clean(detail) };
}

/** A rule that is broken: the change must not be made. */
export function broken(id: string, title: string, detail: string): Check {
  return { id, verdict: "fail", title: clean(title), detail: clean(detail) };
}

/** Something that whoever approves should know. */
export function remark(id: string, title: string, detail: string): Check {
  return { id, verdict: "warn", title: clean(title), detail: clean(detail) };
}

/** One check of a rule that several things may break: `title` is what holds when none does. */
export function ruled(id: string, title: string, problems: readonly string[]): Check {
  return problems.length === 0 ? kept(id, title) : broken(id, `Not so: ${title}`, problems.join("\n"));
}
