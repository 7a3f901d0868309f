import { all, closest, type Look, no, unsure, yes } from "./look.ts";
import type { Endpoint, Enforcement, Policy, PortRange, Protocol } from "./model.ts";

export interface PortQuestion {
  readonly type: "ingress" | "egress";
  /** Whose ports are meant, also on the way out. */
  readonly destination: Endpoint;
  readonly port: number;
  readonly protocol: Protocol;
  readonly enforcement: Enforcement;
}

/** Whether one of the ports is meant, and what else decides where one with conditions may be. */
export function lookAtPorts(
  kind: Policy["kind"],
  ports: readonly PortRange[] | undefined,
  question: PortQuestion,
): { readonly look: Look; readonly conditions: string | undefined } {
  if (ports === undefined) return { look: yes, conditions: undefined };
  const looked = ports.map((range) => ({ range, look: lookAtPort(kind, range, question) }));
  const conditions = looked.find(({ range, look }) => look.match !== false && range.conditions !== undefined);
  const best = closest(looked)?.look ?? no("it lists no port");
  const found = `port is ${question.port}/${question.protocol}`;
  return {
    look: best.match === false ? no(`${found}, wanted ${ports.map(portText).join(" or ")}`, best.distance) : best,
    conditions: conditions?.range.conditions,
  };
}

function portText({ protocol, port, endPort }: PortRange): string {
  const range = endPort === undefined ? (port ?? "any") : `${port}-${endPort}`;
  return `${range}/${protocol}`;
}

function lookAtPort(kind: Policy["kind"], { protocol, port, endPort }: PortRange, question: PortQuestion): Look {
  const sameProtocol = protocol === "ANY" || protocol === question.protocol ? yes : no("protocol");
  if (port === undefined) return sameProtocol;
  if (typeof port === "string") return all([sameProtocol, lookAtName(kind, port, protocol, question)]);
  const inRange = question.port >= port && question.port <= (endPort ?? port);
  return all([sameProtocol, inRange ? yes : no("port")]);
}

/** Source: NetworkPolicyPort, "a numerical or named port on a pod". */
function lookAtName(
  kind: Policy["kind"],
  name: string,
  protocol: PortRange["protocol"],
  { type, destination, port, enforcement, ...asked }: PortQuestion,
): Look {
  if (destination.kind === "external") return no("an address outside has no named ports");
  if (destination.kind !== "pod" || destination.hostNetwork === true) {
    return unsure(`whether a node's port has the name ${name} depends on the network plugin`);
  }
  // Cilium resolves a name that goes out against the ports of other pods too, each version in its own way
  // (cilium/cilium issue 30003, pull requests 44429 and 45601).
  if (type === "egress" && (enforcement.kind === "cilium" || kind !== "NetworkPolicy")) {
    return unsure(`what the port name ${name} means on the way out depends on the ports of other pods, for Cilium`);
  }
  if (destination.containerPorts === undefined) return unsure(`which port is named ${name} is not known`);
  const meant = destination.containerPorts.some(
    (one) =>
      one.name === name &&
      one.port === port &&
      one.protocol === asked.protocol &&
      (protocol === "ANY" || protocol === one.protocol),
  );
  return meant ? yes : no("name");
}
