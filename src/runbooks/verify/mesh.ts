import type { Config, InstanceConfig } from "../../config/file.ts";
import type { Service } from "../../platform/kubernetes.ts";
import { selects } from "../../platform/label-selector.ts";
import type { Finding } from "../../reports/model.ts";
import { takeRoster } from "../instance/roster.ts";
import { checkOf, criteria, listed } from "./check.ts";
import { unreadReason } from "./replication.ts";
import type { ShownVerification } from "./shown.ts";
import { verifyConnects, verifyGitLab } from "./ways.ts";

const criterion = criteria.mesh;
const globalKey = "service.cilium.io/global";
const sharedKey = "service.cilium.io/shared";

/** The names that clients use: where they lead in the instance's own cluster, and that the other clusters have only the names. */
export function verifyMesh(
  seen: ShownVerification,
  instance: InstanceConfig,
  config: Config,
  isShared: boolean,
): readonly Finding[] {
  const dns = parseClientDns(instance.clientDns);
  const names = [...new Set([instance.name, dns?.service, instance.globalService])].filter(
    (name) => name !== undefined,
  );
  return [
    checkOf(
      {
        id: "ac3.services.primary-only",
        criterion,
        what: "Selectors of the Services",
        expected: `${names.join(" and ")} select this instance, and of it only the primary`,
      },
      [seen.services],
      (services) => {
        const wrong = names.flatMap((name) => {
          const found = services.find(({ meta }) => meta.name === name);
          if (found === undefined) return [`${name} is not there`];
          const { app, role } = found.selector;
          return app === instance.name && role === "master"
            ? []
            : [`${name} selects app=${app ?? ""} role=${role ?? ""}`];
        });
        return { holds: wrong.length === 0, found: listed(wrong, "as expected") };
      },
    ),
    checkOf(
      {
        id: "ac3.endpoints.primary",
        criterion,
        what: "Endpoints of the Services",
        expected: `${names.join(" and ")} lead to the primary and to nobody else`,
      },
      [seen.endpoints, seen.pods],
      (endpoints, pods) => {
        const primary = takeRoster(seen.servers).primary;
        const podAt = (ip: string) => pods.find((pod) => pod.ip === ip)?.meta.name ?? ip;
        const lines = names.map((name) => {
          const to = endpoints.filter((one) => one.service === name && one.ready).map(({ address }) => podAt(address));
          return { name, to, right: to.length > 0 && to.every((pod) => pod === primary?.name) };
        });
        const nowhere = lines.some(({ to }) => to.length === 0);
        return {
          holds: primary === undefined && !nowhere ? undefined : lines.every(({ right }) => right),
          reason:
            primary === undefined ? ["Who is primary is not known.", unreadReason(seen)].join(" ").trim() : undefined,
          found: lines.map(({ name, to }) => `${name} leads to ${listed(to, "nobody")}`).join(", "),
        };
      },
    ),
    checkOf(
      {
        id: "ac3.services.inside",
        criterion,
        what: "Services of the pods",
        expected: "each has an address in the clusters only: no node port, no load balancer, no external address",
      },
      [seen.services, seen.pods],
      (services, pods) => {
        const wrong = services
          .filter(({ selector }) =>
            pods.some(
              ({ meta }) => Object.keys(selector).length > 0 && selects({ matchLabels: selector }, meta.labels),
            ),
          )
          .filter(({ type, externalIps }) => type !== "ClusterIP" || externalIps.length > 0)
          .map(({ meta, type, externalIps }) => `${meta.name} is a ${[type, ...externalIps].join(" ")}`);
        return { holds: wrong.length === 0, found: listed(wrong, "inside only") };
      },
    ),
    ...(dns === undefined && instance.globalService === undefined ? [] : verifyGlobal(seen, names, dns, instance)),
    ...(isShared ? verifyGitLab(seen, config) : []),
  ];
}

interface ClientDns {
  readonly service: string;
  readonly namespace: string;
  readonly port: number;
}

/** `dragonfly.dragonfly-system.svc.cluster.local:6379` */
function parseClientDns(text: string | undefined): ClientDns | undefined {
  const [, service, namespace, port] = /^([^.:]+)\.([^.:]+)\.svc(?:\.[^:]+)?:(\d+)$/.exec(text ?? "") ?? [];
  return service === undefined || namespace === undefined ? undefined : { service, namespace, port: Number(port) };
}

function verifyGlobal(
  seen: ShownVerification,
  names: readonly string[],
  dns: ClientDns | undefined,
  instance: InstanceConfig,
): readonly Finding[] {
  return [
    checkOf(
      {
        id: "ac3.global.annotations",
        criterion,
        what: "Annotations of the global Services",
        expected: `${names.join(" and ")} have ${globalKey}=true and ${sharedKey}=true`,
      },
      [seen.services],
      (services) => annotated(services, names, "true"),
    ),
    ...(dns === undefined ? [] : [verifyDns(seen, dns)]),
    ...seen.remotes.flatMap((remote) => verifyRemote(remote, names)),
    ...verifyConnects(seen, instance),
  ];
}

function annotated(services: readonly Service[], names: readonly string[], shared: "true" | "false") {
  const wrong = names.flatMap((name) => {
    const annotations = services.find(({ meta }) => meta.name === name)?.meta.annotations;
    if (annotations === undefined) return [`${name} is not there`];
    return annotations[globalKey] === "true" && annotations[sharedKey] === shared
      ? []
      : [`${name} global=${annotations[globalKey] ?? "<unset>"} shared=${annotations[sharedKey] ?? "<unset>"}`];
  });
  return { holds: wrong.length === 0, found: listed(wrong, "as expected") };
}

/** A name resolves where a Service of that name and namespace is; and the client's port must be one of its. */
function verifyDns(seen: ShownVerification, dns: ClientDns): Finding {
  const { service, namespace, port } = dns;
  const readings = [seen.services, ...seen.remotes.map((remote) => remote.services)];
  return checkOf(
    {
      id: "ac3.global.dns",
      criterion,
      what: `${service}.${namespace}.svc.cluster.local:${port}`,
      expected: "every cluster has a Service of that name with an address and that port",
    },
    readings,
    (...lists) => {
      const missing = lists.flatMap((services, index) => {
        const found = services.find(({ meta }) => meta.name === service && meta.namespace === namespace);
        const cluster = index === 0 ? "its own cluster" : `cluster ${seen.remotes[index - 1]?.cluster}`;
        if (found === undefined) return [`no Service in ${cluster}`];
        if (found.clusterIp === undefined || found.clusterIp === "None") return [`no address in ${cluster}`];
        return found.ports.some((one) => one.port === port) ? [] : [`no port ${port} in ${cluster}`];
      });
      return { holds: missing.length === 0, found: listed(missing, `resolves in ${lists.length} clusters`) };
    },
  );
}

/** Backends in a second cluster would be a second, independent primary behind the same name. */
function verifyRemote(
  { cluster, services, endpoints }: ShownVerification["remotes"][number],
  names: readonly string[],
): readonly Finding[] {
  return [
    checkOf(
      {
        id: `ac3.${cluster}.annotations`,
        criterion,
        what: `Names in cluster ${cluster}`,
        expected: `${names.join(" and ")} are there with ${globalKey}=true and ${sharedKey}=false`,
      },
      [services],
      (all) => annotated(all, names, "false"),
    ),
    checkOf(
      {
        id: `ac3.${cluster}.no-backends`,
        criterion,
        what: `Backends in cluster ${cluster}`,
        expected: "none: no selector and no endpoint",
      },
      [services, endpoints],
      (all, behind) => {
        const wrong = names.flatMap((name) => {
          const selector = all.find(({ meta }) => meta.name === name)?.selector ?? {};
          const there = behind.filter((one) => one.service === name).length;
          return [
            ...(Object.keys(selector).length > 0 ? [`${name} has a selector`] : []),
            ...(there > 0 ? [`${name} has ${there} of its own`] : []),
          ];
        });
        return { holds: wrong.length === 0, found: listed(wrong) };
      },
    ),
  ];
}
