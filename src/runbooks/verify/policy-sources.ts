import type { Config, InstanceConfig } from "../../config/file.ts";
import type { PodEndpoint } from "../../network-policy/model.ts";
import type { Labels } from "../../platform/kubernetes.ts";
import { adminPort, dataPort } from "../../platform/server-ports.ts";
import { podOf } from "../instance/policy-end.ts";
import { admittingLabel } from "./observe-namespaces.ts";
import { stranger } from "./observe-ways.ts";
import { type Shown, type ShownVerification, shown } from "./shown.ts";

/** Some pods, and what the policies have to say of them. */
export interface Source {
  readonly id: string;
  readonly what: string;
  readonly from: readonly PodEndpoint[];
  readonly ports: readonly number[];
  readonly want: "allowed" | "denied";
  /** What else has to be known for it to hold. */
  readonly also?: readonly Shown<unknown>[] | undefined;
}

/** Everybody whom the policies have to let in or keep out. */
export function sourcesOf(
  seen: ShownVerification,
  instance: InstanceConfig,
  config: Config,
  isShared: boolean,
): readonly Source[] {
  const { cluster, namespace } = instance;
  const cilium = seen.ciliumPolicies.ok && seen.ciliumPolicies.value.length > 0;
  // A plain policy says nothing of the other clusters.
  const clusters = cilium ? config.clusters.map(({ name }) => name) : [cluster];
  const anyPod = (where: string, of: readonly string[] = clusters): readonly PodEndpoint[] =>
    of.map((name) => ({ kind: "pod", cluster: name, namespace: where, namespaceLabels: {}, labels: {} }));
  const here = (where: string, labels: Labels): readonly PodEndpoint[] => [
    { kind: "pod", cluster, namespace: where, namespaceLabels: {}, labels },
  ];
  const approved = isShared ? config.namespaces.allowed : [];
  const refused = config.namespaces.denied.filter((name) => !approved.includes(name));
  const { scraper } = config.metrics;
  const operatorLabels = seen.operator.ok
    ? seen.operator.value.podLabels
    : { "app.kubernetes.io/name": config.operator.deployment };
  const id = (name: string, want: Source["want"]) => `ac4.policy.${name}.${want}`;
  const allowed = (name: string, what: string, from: readonly PodEndpoint[], ports: readonly number[]): Source => ({
    id: id(name, "allowed"),
    what,
    from,
    ports,
    want: "allowed",
  });
  const denied = (...[name, what, from, ports, also]: [...Parameters<typeof allowed>, Source["also"]?]): Source => ({
    ...allowed(name, what, from, ports),
    id: id(name, "denied"),
    want: "denied",
    also,
  });
  return [
    ...approved.map((name) => allowed(name, `From ${name}`, anyPod(name), [dataPort])),
    ...refused.map((name) => denied(name, `From ${name}`, anyPod(name), [dataPort, adminPort])),
    isShared
      ? denied(
          "others",
          "From namespaces on no list",
          others(seen, config, clusters),
          [dataPort, adminPort],
          namesIn(seen, clusters),
        )
      : denied("others", "From a namespace on no list", anyPod(stranger), [dataPort, adminPort]),
    ...(approved.length === 0
      ? []
      : [
          denied(
            "clients-admin-port",
            "From clients to the admin port",
            approved.flatMap((name) => anyPod(name)),
            [adminPort],
          ),
        ]),
    allowed("scraper", "From what collects the metrics", here(scraper.namespace, scraper.labels), [adminPort]),
    allowed("operator", "From the operator", here(config.operator.namespace, operatorLabels), [adminPort]),
    allowed("peers", "From the instance's own pods", here(namespace, podOf(instance).labels), [adminPort]),
    ...(isShared
      ? [
          allowed("bot", "From the bot", here(config.home.namespace, { "app.kubernetes.io/name": "dfbot" }), [
            dataPort,
            adminPort,
          ]),
        ]
      : []),
  ];
}

/** A pod of every namespace that nothing lets in: no list, no label, no rule for the platform's own. */
function others(seen: ShownVerification, config: Config, clusters: readonly string[]): readonly PodEndpoint[] {
  const { shared, home, operator, metrics, namespaces } = config;
  const known = [shared, home, operator, metrics.scraper].map(({ namespace }) => namespace);
  const listed = new Set([...known, ...namespaces.allowed, ...namespaces.denied]);
  return seen.namespaces
    .filter(({ cluster }) => clusters.includes(cluster))
    .flatMap(({ cluster, found }) => {
      const names = found.ok ? found.value : [];
      return names
        .filter((one) => !listed.has(one.name) && admittingLabel(one, config) === undefined)
        .map(
          ({ name, labels }) =>
            ({ kind: "pod", cluster, namespace: name, namespaceLabels: labels, labels: {} }) as const,
        );
    });
}

function namesIn(seen: ShownVerification, clusters: readonly string[]): readonly Shown<unknown>[] {
  return seen.namespaces
    .filter(({ cluster }) => clusters.includes(cluster))
    .map(({ found }) => shown(found, (all) => all.map(({ name }) => name).join("\n")));
}
