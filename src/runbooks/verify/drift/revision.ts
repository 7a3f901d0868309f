import type { Config } from "../../../config/file.ts";
import type { Finding } from "../../../reports/model.ts";
import { checkOf, criteria } from "../check.ts";
import * as lines from "../lines.ts";
import type { VerifyObservation } from "../observe.ts";
import { shown } from "../shown.ts";

const criterion = criteria.drift;

/** Every Flux Kustomization of the platform applies, is not suspended, and is at the head of the branch. */
export function verifyRevisions(seen: VerifyObservation, config: Config): readonly Finding[] {
  return seen.kustomizations.flatMap(({ cluster, found }) =>
    (config.verify.kustomizations[cluster] ?? []).flatMap((name) => {
      const reading = shown(
        { ...found, command: found.command.replace(/kustomizations$/, `kustomization ${name}`) },
        (all) => lines.each(lines.kustomization)(all.filter(({ meta }) => meta.name === name)),
      );
      return [
        checkOf(
          {
            id: `drift.${name}.applied`,
            criterion,
            what: `Kustomization ${name}`,
            expected: "applied without an error, and not suspended",
          },
          [reading],
          (all) => {
            const one = all.find(({ meta }) => meta.name === name);
            if (one === undefined) return { holds: false, found: "it is not there" };
            const { ready, suspended, message } = one;
            return {
              holds: suspended ? false : ready,
              found: suspended ? "suspended" : ready === true ? "applied" : `not applied: ${message}`,
            };
          },
        ),
        checkOf(
          {
            id: `drift.${name}.head`,
            criterion,
            what: `Revision of ${name}`,
            expected: `the head of ${config.tenants.branch}`,
          },
          [reading, shown(seen.git, ({ head }) => `${head}\trefs/heads/${config.tenants.branch}`)],
          (all, { head }) => {
            const applied = all.find(({ meta }) => meta.name === name)?.appliedRevision;
            return {
              holds: applied?.endsWith(head) ?? false,
              found:
                applied?.endsWith(head) === true
                  ? head.slice(0, 8)
                  : `${applied ?? "none"}, the head is ${head.slice(0, 8)}`,
            };
          },
        ),
      ];
    }),
  );
}
