import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import type { Endpoint, Enforcement, Policy, Protocol } from "../../../src/network-policy/model.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";

/**
 * Reads the table of cases in `table/`: who (world.yaml), and chapter by chapter what the policies of a group say of rows such as
 * `web -> db 6379/UDP | why | ingress allowed by ingress[0].from[1]`. A side that a row leaves out is allowed, by no rule. Other
 * expectations are `denied by <rule>`, `denied, nearest <rule>`, `denied` (by policies that admit nothing) and `unknown, <rule>`;
 * after a colon stands a part of the line that says why.
 */

const folder = new URL("table/", import.meta.url);
const read = (file: string): unknown => parse(readFileSync(new URL(file, folder), "utf8"));

const labels = z.record(z.string(), z.string());
const protocol = z.enum(["TCP", "UDP", "SCTP"]);
const pod = z.strictObject({
  /** Its key in the file, unless it has somebody else's. */
  name: z.string().exactOptional(),
  cluster: z.string().default("infra"),
  namespace: z.string(),
  namespaceLabels: labels.exactOptional(),
  labels,
  serviceAccount: z.string().exactOptional(),
  hostNetwork: z.boolean().exactOptional(),
  node: z.string().exactOptional(),
  ip: z.string().exactOptional(),
  containerPorts: z.array(z.strictObject({ name: z.string(), port: z.number(), protocol })).exactOptional(),
});
const other = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("external"), ip: z.string(), kubeApiserver: z.boolean().exactOptional() }),
  z.strictObject({ kind: z.enum(["host", "remote-node"]), ip: z.string().exactOptional() }),
]);
const world = z.strictObject({ pods: z.record(z.string(), pod), others: z.record(z.string(), other) });

const enforcement = z.enum(["plain", "cilium", "mesh", "unset"]);
const chapter = z.strictObject({
  /** Where the rules of the chapter are written down. */
  source: z.string(),
  on: z.array(enforcement),
  groups: z.array(
    z.strictObject({
      on: z.array(enforcement).optional(),
      /** `Kind namespace/name`, with ` @cluster` when it is not infra; a list is the `specs` of a Cilium policy. */
      policies: z.record(z.string(), z.unknown()),
      rows: z.string(),
    }),
  ),
});

/** `cilium` with the defaults of 1.19; `mesh` with selectors that mean every cluster, as before 1.18; `unset`, not known which. */
export const enforcements: Readonly<Record<z.infer<typeof enforcement>, Enforcement>> = {
  plain: { kind: "plain" },
  cilium: { kind: "cilium", defaultLocalCluster: true },
  mesh: { kind: "cilium", defaultLocalCluster: false },
  unset: { kind: "cilium", defaultLocalCluster: undefined },
};

interface Expected {
  readonly decision: "allowed" | "denied" | "unknown";
  /** The rule that decides, or the nearest one, or the policy; undefined: none. */
  readonly ref: string | undefined;
  readonly nearest: boolean;
  /** A part of the line that says why. */
  readonly says: string;
}
const byNobody: Expected = { decision: "allowed", ref: undefined, nearest: false, says: "" };

export interface Row {
  readonly why: string;
  readonly ask: string;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: number;
  readonly protocol: Protocol;
  readonly ingress: Expected;
  readonly egress: Expected;
}

export interface Group {
  readonly chapter: string;
  readonly on: readonly z.infer<typeof enforcement>[];
  readonly policies: readonly Policy[];
  readonly rows: readonly Row[];
}

const { pods, others } = world.parse(read("world.yaml"));

function endpoint(name: string): Endpoint {
  const [found, elsewhere] = [pods[name], others[name]];
  if (found !== undefined) return { kind: "pod", name, namespaceLabels: undefined, ...found };
  if (elsewhere !== undefined) return elsewhere;
  if (/^[0-9a-f.:]+$/.test(name)) return { kind: "external", ip: name };
  throw new Error(`world.yaml does not know ${name}`);
}

function policiesOf(given: Readonly<Record<string, unknown>>): readonly Policy[] {
  return Object.entries(given).flatMap(([title, spec]) => {
    const [, kind, namespace, name, cluster = "infra"] =
      /^(\w+) (?:([\w-]+)\/)?([\w-]+)(?: @(\w+))?$/.exec(title) ?? [];
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    const body = Array.isArray(spec) ? { specs: spec } : { spec };
    return parsePolicy(cluster, policyKind.parse(kind), { metadata, ...body });
  });
}
const policyKind = z.enum(["NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"]);

const verdict = /^(?<decision>allowed|denied|unknown)(?:(?<how> by |, nearest |, )(?<ref>.+?))?(?:: (?<says>.+))?$/;

/** What a row says of one side. A place alone is in the group's only policy. */
function expected(text: string, side: "ingress" | "egress", titles: readonly string[]): Expected {
  const given = text.split("; ").find((one) => one.startsWith(`${side} `));
  if (given === undefined) return byNobody;
  const { decision, how, ref, says = "" } = verdict.exec(given.slice(side.length + 1))?.groups ?? {};
  const short = ref !== undefined && !/^(?:Network|Cilium)/.test(ref);
  if (short && titles.length !== 1) throw new Error(`${ref} is of which policy?`);
  return {
    decision: z.enum(["allowed", "denied", "unknown"]).parse(decision),
    ref: short ? `${titles[0]?.replace(/ @\w+$/, "")} ${ref}` : ref,
    nearest: how === ", nearest ",
    says,
  };
}

function rowOf(line: string, titles: readonly string[]): Row {
  const [ask = "", why = "", says = ""] = line.split(" | ").map((cell) => cell.trim());
  const [, from = "", to = "", port, asked = "TCP"] = /^(\S+) -> (\S+) (\d+)(?:\/(\w+))?$/.exec(ask) ?? [];
  if (!/^(?:allowed$|ingress |egress )/.test(says)) throw new Error(`What is expected of ${line}?`);
  return {
    why,
    ask,
    from: endpoint(from),
    to: endpoint(to),
    port: Number(port),
    protocol: protocol.parse(asked),
    ingress: expected(says, "ingress", titles),
    egress: expected(says, "egress", titles),
  };
}

/** Every chapter's groups of rows. */
export function readTable(): readonly Group[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml") && file !== "world.yaml")
    .toSorted()
    .flatMap((file) => {
      const { on, groups } = chapter.parse(read(file));
      return groups.map((group) => ({
        chapter: file.replace(".yaml", ""),
        on: group.on ?? on,
        policies: policiesOf(group.policies),
        rows: group.rows
          .trim()
          .split("\n")
          .map((line) => rowOf(line, Object.keys(group.policies))),
      }));
    });
}
