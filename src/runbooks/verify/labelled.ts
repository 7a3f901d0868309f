import type { Config } from "../../config/file.ts";
import { fluxManager, writerOf } from "../../manifests/compare/managers.ts";
import type { LiveObject } from "../../platform/live-object.ts";
import type { Finding } from "../../reports/model.ts";
import { checkOf, criteria, listed } from "./check.ts";
import type { LabelledNamespace } from "./observe-namespaces.ts";
import { type ShownVerification, shown } from "./shown.ts";

/**
 * The label is as good as the list, so it is given by merge request only. Flux applies what was merged, so where somebody else wrote it
 * nobody has decided about it.
 */
export function verifyLabelled(seen: ShownVerification, { namespaces }: Config): Finding {
  const labels = Object.entries(namespaces.allowedLabels).map(([key, value]) => `${key}=${value}`);
  const all = seen.namespaces.flatMap(({ cluster, labelled }) => labelled.map((one) => ({ ...one, cluster })));
  return checkOf(
    {
      id: "ac4.policy.labelled",
      criterion: criteria.policy,
      what: "Namespaces let in by a label",
      expected: `whatever carries ${listed(labels, "such a label")} has it from Git, by Flux`,
    },
    [
      ...seen.namespaces.map(({ found, labelled }) =>
        shown(found, (names) => `${names.length} namespaces, of which ${listed(labelled.map(({ name }) => name))}`),
      ),
      ...all.map((one) => shown(one.object, (live) => writerWords(one, live))),
    ],
    () => {
      const doubtful = all.flatMap((one) => {
        const writer = one.object.ok ? writerName(one, one.object.value) : undefined;
        return writer === fluxManager ? [] : [{ ...one, writer }];
      });
      const said = doubtful.map(
        ({ cluster, name, writer }) =>
          `${name} in ${cluster}, ${writer === undefined ? "nobody says by whom" : `by ${writer}`}`,
      );
      return {
        holds: doubtful.some(({ writer }) => writer !== undefined) ? false : doubtful.length > 0 ? undefined : true,
        found: listed(said, all.length === 0 ? "none" : `${listed(all.map(({ name }) => name))}, by Flux`),
      };
    },
  );
}

function writerName({ label }: LabelledNamespace, live: LiveObject | undefined): string | undefined {
  return live === undefined ? undefined : writerOf(live.managers, live.content, ["metadata", "labels", label])?.name;
}

function writerWords(one: LabelledNamespace, live: LiveObject | undefined): string {
  return `${one.label}: written by ${writerName(one, live) ?? "<unset>"}`;
}
