import type { Config } from "../../config/file.ts";
import type { Manifest } from "../objects.ts";
import { expect, listAt } from "./folder.ts";

/** What is wrong with the binding that gives the bot, and nobody else, a role in a tenant's namespace. */
export function bindingProblems(binding: Manifest | undefined, role: string, { home }: Config): readonly string[] {
  const subjects = listAt(binding, "subjects");
  return [
    ...expect(binding, ["roleRef", "kind"], "ClusterRole"),
    ...expect(binding, ["roleRef", "name"], role),
    ...(subjects.length === 1 ? [] : [`subjects: expected one, found ${subjects.length}`]),
    ...expect(subjects[0], ["kind"], "ServiceAccount"),
    ...expect(subjects[0], ["name"], "dfbot"),
    ...expect(subjects[0], ["namespace"], home.namespace),
  ];
}
