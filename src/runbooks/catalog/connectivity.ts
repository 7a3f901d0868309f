import { z } from "zod";
import type { Config, InstanceConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import { attention } from "../../reports/model.ts";
import { namespaceName } from "../../tenants/change.ts";
import type { Way } from "../connectivity/prove.ts";
import { defineRunbook } from "../define.ts";
import type { ObserveContext } from "../instance/observe.ts";
import { instanceParameter, resolveInstance } from "../instance/target.ts";
import { compareWithLast, readLast } from "../last-result.ts";

const podName = z.string().regex(/^pod\/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, "must be pod/ and the name of a pod");
/** What it may not be, the admission policy dfbot-probe-pods refuses as well. */
const secretName = z
  .string()
  .regex(
    /^secret\/dragonfly(-[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?)?$/,
    "must be secret/dragonfly, or secret/dragonfly-…",
  );
/** `web-0` of `pod/web-0`. */
const nameIn = (reference: string) => reference.slice(reference.indexOf("/") + 1);

const params = z
  .strictObject({
    namespace: namespaceName.optional().describe("the namespace to try it from"),
    instance: instanceParameter,
    cluster: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be the name of a cluster in dfbot.yaml")
      .optional()
      .describe("only from this cluster; every one that has the namespace when left out"),
    from: podName
      .optional()
      .describe("pod/NAME: in this running pod, by an ephemeral container that stays in its list"),
    credentials: secretName
      .optional()
      .describe("secret/NAME: log in too, with the keys username and password of this Secret in the namespace"),
    user: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "lower case letters, digits and dashes")
      .optional()
      .describe("who logs in with that password, when the Secret has no key username"),
    matrix: z
      .boolean()
      .default(false)
      .describe("every namespace of dfbot.yaml, those let in and those shut out, and a sample of all others"),
  })
  .refine(({ namespace, matrix }) => (namespace === undefined) === matrix, {
    message: "either a namespace to try it from, or matrix for all that dfbot.yaml lists",
  })
  .refine(({ from, credentials, matrix }) => !matrix || (from === undefined && credentials === undefined), {
    message: "a pod and credentials are of one namespace, the matrix tries many",
  })
  .refine(({ credentials, user }) => user === undefined || credentials !== undefined, {
    message: "a user without credentials cannot log in",
  });
type Params = z.infer<typeof params>;

/** Whether a namespace reaches an instance, and whether it should: tried by a throwaway pod, compared with the policies. */
export const connectivity = defineRunbook({
  id: "connectivity",
  title: "Connectivity from a namespace",
  description:
    "Whether a namespace reaches an instance, tried by a throwaway pod there, and whether the policies agree",
  params,
  positional: ["namespace", "instance"],
  effect: "read",
  // It stays in somebody's pod, and takes of that pod's memory.
  alsoNeeds: ({ from }) => (from === undefined ? undefined : "connectivity-from"),
  async run(context) {
    const { config } = context;
    // Loaded with the first run, and not at every start.
    const [
      { nowhere, summaryOfMatrix, summaryOfOne, tableOf },
      { othersFindings, sampleOthers, markUnlisted },
      { prove },
    ] = await Promise.all([
      import("../connectivity/answer.ts"),
      import("../connectivity/others.ts"),
      import("../connectivity/prove.ts"),
    ]);
    const instance = await resolveInstance(context.params.instance, context);
    const { matrix } = context.params;
    const [listed, samples, last] = await Promise.all([
      Promise.all(waysOf(context.params, instance, config).map((way) => markUnlisted(way, context))),
      sampleOthers(context, instance, matrix ? clustersOf(context.params, config) : []),
      readLast({ runbook: "connectivity", params: context.params }, context),
    ]);
    const proofs = await prove(context, [...listed, ...samples.flatMap(({ ways }) => ways)]);
    const there = proofs.filter(({ actual }) => actual.kind !== "no-namespace" && actual.kind !== "no-pod");
    const findings = [
      ...there.flatMap((proof) => proof.findings),
      ...nowhere(proofs.filter(({ way }) => way.sampled !== true)),
      ...othersFindings(samples, proofs),
    ];
    const compared = compareWithLast(last, findings);
    const worst = attention({ findings });
    const summary = matrix ? summaryOfMatrix(worst, there.length, instance) : summaryOfOne(worst, there);
    return {
      summary: `${summary}${compared.words}`,
      findings,
      tables: [...compared.tables, ...(there.length === 0 ? [] : [tableOf(there)])],
    };
  },
});

function waysOf(given: Params, instance: InstanceConfig, config: Config): readonly Way[] {
  const { namespace, from, credentials, matrix } = given;
  const { allowed, denied } = config.namespaces;
  const names = matrix ? [...new Set([...allowed, ...denied])] : namespace === undefined ? [] : [namespace];
  // The lists are about namespaces and the shared instance. Of other instances, and of a certain pod, the policies say who should
  // get through; but nobody of a namespace that is shut out.
  const wanted = (name: string): Way["wanted"] => {
    if (instance !== config.shared) return undefined;
    if (allowed.includes(name)) return from === undefined ? "allowed" : undefined;
    return denied.includes(name) ? "denied" : undefined;
  };
  return names.flatMap((name) =>
    clustersOf(given, config).map(
      (cluster): Way => ({
        cluster,
        namespace: name,
        instance,
        wanted: wanted(name),
        pod: from === undefined ? undefined : nameIn(from),
        login: credentials === undefined ? undefined : { secret: nameIn(credentials), user: given.user },
      }),
    ),
  );
}

/** Throws BotError `config.unknown-cluster`. */
function clustersOf({ cluster }: Params, config: ObserveContext["config"]): readonly string[] {
  const known = config.clusters.map(({ name }) => name);
  if (cluster === undefined) return known;
  if (known.includes(cluster)) return [cluster];
  const they = `It has: ${known.join(", ")}`;
  throw new BotError("config.unknown-cluster", `dfbot.yaml has no cluster "${cluster}"`, they);
}
