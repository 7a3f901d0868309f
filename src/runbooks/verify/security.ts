import type { InstanceConfig } from "../../config/file.ts";
import type { Container, ContainerSecurity } from "../../platform/kubernetes.ts";
import type { Reading } from "../../platform/reading.ts";
import type { Finding } from "../../reports/model.ts";
import { checkOf, criteria, listed } from "./check.ts";
import * as lines from "./lines.ts";
import { type ShownVerification, shown } from "./shown.ts";

const criterion = criteria.hardening;

interface Rule {
  readonly id: string;
  readonly what: string;
  readonly expected: string;
  holds(security: ContainerSecurity): boolean;
}

/** The story's list, which is Pod Security level "restricted" and a root file system that nobody writes to. */
const rules: readonly Rule[] = [
  { id: "non-root", what: "never root", expected: "runAsNonRoot is true", holds: (one) => one.runAsNonRoot === true },
  {
    id: "read-only-root",
    what: "root file system",
    expected: "readOnlyRootFilesystem is true",
    holds: (one) => one.readOnlyRootFilesystem === true,
  },
  {
    id: "no-escalation",
    what: "no escalation",
    expected: "allowPrivilegeEscalation is false, and it is not privileged",
    holds: (one) => one.allowPrivilegeEscalation === false && one.privileged !== true,
  },
  {
    id: "capabilities",
    what: "capabilities",
    expected: "ALL are dropped and none is added",
    holds: (one) => one.droppedCapabilities.includes("ALL") && one.addedCapabilities.length === 0,
  },
  {
    id: "seccomp",
    what: "seccomp profile",
    expected: "RuntimeDefault or Localhost",
    holds: (one) => one.seccompProfile === "RuntimeDefault" || one.seccompProfile === "Localhost",
  },
];

/** What each container may do, of the live pods, of what the resource asks for, and of the operator; and that nothing else runs there. */
export function verifySecurity(seen: ShownVerification, instance: InstanceConfig): readonly Finding[] {
  return [
    ...securityOf("pods", `Pods of ${instance.name}`, seen.pods, (pods) =>
      pods.flatMap(({ meta, containers }) => containersOf(meta.name, containers)),
    ),
    ...securityOf("resource", "Dragonfly resource", seen.resource, ({ meta, security }) => [
      { name: meta.name, security },
    ]),
    ...securityOf("operator", "Operator", seen.operator, ({ meta, containers }) => containersOf(meta.name, containers)),
    ...verifyContainers(seen),
  ];
}

/** Each by the name of its pod, and by its own where there are several. */
function containersOf(name: string, containers: readonly Container[]) {
  const several = containers.length > 1;
  return containers.map((one) => ({ name: several ? `${name}/${one.name}` : name, security: one.security }));
}

/** What else runs in a pod shares the server's network, and its volume where it asks for it. */
function verifyContainers(seen: ShownVerification): readonly Finding[] {
  const named = ({ name, sort }: Container) => (sort === "container" ? name : `${name} (${sort})`);
  const all = (name: string, containers: readonly Container[]) => `${name}: ${listed(containers.map(named))}`;
  return [
    checkOf(
      {
        id: "hardening.pods.containers",
        criterion,
        what: "Containers of the pods",
        expected:
          "the server's and those that the resource asks for, and no other, also in what the pods are made from",
      },
      [
        shown(
          seen.pods,
          lines.each(({ meta, containers }) => all(meta.name, containers)),
          { asYaml: true },
        ),
        shown(seen.statefulSet, ({ meta, containers }) => all(meta.name, containers), { asYaml: true }),
        shown(seen.resource, ({ moreContainers }) => `asks for ${listed(moreContainers, "no more")}`, { asYaml: true }),
      ],
      (pods, set, { moreContainers }) => {
        const wanted = new Set(["dragonfly", ...moreContainers]);
        const wrong = [...pods, { ...set, meta: { ...set.meta, name: `StatefulSet ${set.meta.name}` } }].flatMap(
          ({ meta, containers }) =>
            containers.filter(({ name }) => !wanted.has(name)).map((one) => `${meta.name} has ${named(one)}`),
        );
        return { holds: wrong.length === 0 && pods.length > 0, found: listed(wrong, "as expected") };
      },
    ),
    checkOf(
      {
        id: "hardening.pods.token",
        criterion,
        what: "Tokens of the API server",
        expected: "none is in a pod: a server has nothing to ask it",
      },
      [
        shown(
          seen.pods,
          lines.each(({ meta, hasToken }) => `${meta.name}: ${hasToken ? "a token" : "no token"}`),
          { asYaml: true },
        ),
      ],
      (pods) => {
        const wrong = pods.filter(({ hasToken }) => hasToken).map(({ meta }) => `${meta.name} has one`);
        return { holds: wrong.length === 0 && pods.length > 0, found: listed(wrong) };
      },
    ),
  ];
}

function securityOf<T>(
  whose: string,
  title: string,
  reading: Reading<T>,
  containers: (value: T) => readonly { readonly name: string; readonly security: ContainerSecurity }[],
): readonly Finding[] {
  const proof = shown(
    reading,
    (value) =>
      containers(value)
        .map(({ name, security }) => `${name} ${JSON.stringify(security)}`)
        .join("\n"),
    { asYaml: true },
  );
  return rules.map((rule) =>
    checkOf(
      { id: `hardening.${whose}.${rule.id}`, criterion, what: `${title}, ${rule.what}`, expected: rule.expected },
      [proof],
      (value) => {
        const all = containers(value);
        const wrong = all.filter(({ security }) => !rule.holds(security)).map(({ name }) => name);
        return {
          holds: wrong.length === 0 && all.length > 0,
          found: all.length === 0 ? "there is none" : wrong.length === 0 ? "as expected" : `not so: ${listed(wrong)}`,
        };
      },
    ),
  );
}
