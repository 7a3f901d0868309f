import { randomBytes } from "node:crypto";
import PQueue from "p-queue";
import type { InstanceConfig } from "../../config/file.ts";
import type { CredentialsReference } from "../../platform/probes.ts";
import { read } from "../../platform/reading.ts";
import { dataPort } from "../../platform/server-ports.ts";
import type { Finding } from "../../reports/model.ts";
import { isPlatforms } from "../../tenants/changes/access.ts";
import { evidence, finding } from "../instance/findings.ts";
import type { ObserveContext } from "../instance/observe.ts";
import { type Actual, actualOf, probeImage } from "./actual.ts";
import { probeCommand } from "./command.ts";
import { type Comparison, compare, type Wanted } from "./compare.ts";
import { createExpectations, type Expectation, type Source } from "./expectation.ts";
import { lackFinding, lackOf, type WantedLogin } from "./login.ts";
import { stageFindings, untried } from "./stage-findings.ts";

/** Whose way to which instance is to be tried, and what was decided about it. */
export interface Way extends Source {
  readonly instance: InstanceConfig;
  readonly wanted: Wanted;
  /** One of those on no list, which stands for all of them. */
  readonly sampled?: boolean;
  /** Undefined: nobody logs in, so the stages after that are not tried. */
  readonly login?: WantedLogin | undefined;
}

export interface Proof {
  readonly way: Way;
  readonly expected: Expectation;
  readonly actual: Actual;
  readonly comparison: Comparison;
  /** The way as a whole first, then its stages. */
  readonly findings: readonly Finding[];
}

/** The pod ends within this, and then a little for removing it. */
const probeWithinMs = 90_000;
const section = "Connectivity";

/** Tries all of them, so many at once as the configuration says, each by a throwaway pod in its namespace. */
export async function prove(context: ObserveContext, ways: readonly Way[]): Promise<readonly Proof[]> {
  const queue = new PQueue({ concurrency: context.config.probes.parallel });
  const run = `c-${randomBytes(5).toString("hex")}`;
  const expectations = new Map<InstanceConfig, ReturnType<typeof createExpectations>>();
  for (const { instance } of ways) {
    if (!expectations.has(instance)) expectations.set(instance, createExpectations(context, instance));
  }
  const expect = (way: Way) => (expectations.get(way.instance) ?? createExpectations(context, way.instance))(way);
  return Promise.all(ways.map((way) => queue.add(() => proveOne(context, way, run, expect))));
}

async function proveOne(
  context: ObserveContext,
  way: Way,
  run: string,
  expect: (way: Way) => Promise<Expectation>,
): Promise<Proof> {
  const { config, platform, signal } = context;
  const { cluster, namespace, pod, instance, wanted, sampled, login } = way;
  const { host, port } = addressOf(instance);
  const args = ["--host", host, "--port", String(port), "--stage-ms", String(config.probes.stageMs)];
  // What a user may write is told by its name, which only the probe may know.
  const asked = login === undefined ? args : [...args, "--own-prefix"];
  const [expected, tried] = await Promise.all([
    expect(way),
    read({ command: probeCommand(config, way, asked), timeoutMs: probeWithinMs, signal }, async (inner) =>
      platform.probes.run(
        { cluster, namespace, pod, args: asked, credentials: credentialsOf(login), run, image: probeImage(config) },
        inner,
      ),
    ),
  ]);
  const actual = actualOf(tried);
  const comparison = compare(wanted, expected, actual);
  const said = evidence(tried, tried.ok ? wordsOf(tried.value) : "");
  const where = whereOf(way);
  const id = `connectivity.${cluster}.${sampled === true ? "others." : ""}${namespace}${pod === undefined ? "" : `.pod.${pod}`}`;
  const result = "result" in actual ? actual.result : undefined;
  const left = result === undefined ? [] : untried(result);
  const lack = lackOf(login, result, namespace);
  const whole = finding({
    id,
    section,
    verdict: comparison.verdict,
    title: `${where} ${comparison.title}`,
    detail: [comparison.detail, left.length === 0 ? "" : `Not tried: ${left.join(", ")}.`, lack]
      .filter(Boolean)
      .join(" "),
    evidence: [...expected.evidence, said],
    next:
      comparison.offerAccess && instance === config.shared && !isPlatforms(namespace, config)
        ? [{ runbook: "access-allow", params: { namespace }, label: `Propose access for ${namespace}` }]
        : [],
  });
  const blockedRightly = actual.kind === "dropped" && comparison.verdict === "ok";
  const place = { id, section, where, instance: `${instance.namespace}/${instance.name}`, evidence: said };
  const stages = result === undefined ? [] : stageFindings(place, result, blockedRightly);
  const lacks = lack === undefined || login?.ifThere === true ? [] : [lackFinding(place, lack)];
  return { way, expected, actual, comparison, findings: [whole, ...stages, ...lacks] };
}

/** `harbor in infra`, `pod web-0 of harbor in infra` */
export function whereOf({ cluster, namespace, pod }: Source): string {
  return `${pod === undefined ? "" : `pod ${pod} of `}${namespace} in ${cluster}`;
}

function credentialsOf(login: WantedLogin | undefined): CredentialsReference | undefined {
  return login === undefined ? undefined : { secret: login.secret, user: login.user };
}

function wordsOf(outcome: { readonly kind: string; readonly log?: string; readonly said?: string }): string {
  return (outcome.log ?? outcome.said ?? outcome.kind).trim();
}

/** What clients of an instance connect to. */
function addressOf({ clientDns, name, namespace }: InstanceConfig): { readonly host: string; readonly port: number } {
  const [host = "", port] = (clientDns ?? `${name}.${namespace}.svc.cluster.local`).split(":");
  return { host, port: port === undefined ? dataPort : Number(port) };
}
