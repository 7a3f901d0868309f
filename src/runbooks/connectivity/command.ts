import type { Config } from "../../config/file.ts";
import { contextOf } from "../instance/observe.ts";
import type { Source } from "./expectation.ts";
import type { WantedLogin } from "./login.ts";

/**
 * What makes a pod of `kubectl run` one that the Pod Security level `restricted` takes, as the bot's own is; who it runs as, the
 * image says. The patch is a strategic one, which adds to the container of that name instead of putting another in its place.
 * Source: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_run/
 */
const restricted = {
  spec: {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      { name: "dfbot-probe", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } },
    ],
  },
};

/** What a person would type to try the same way. `args` are the probe program's. */
export function probeCommand(
  config: Config,
  { cluster, namespace, pod, login }: Source & { readonly login?: WantedLogin | undefined },
  args: readonly string[],
): string {
  const image = config.probes.image ?? "<the bot's image>";
  const kubectl = `kubectl --context=${contextOf(config, cluster)} -n ${namespace}`;
  const overrides = `--override-type=strategic --overrides='${JSON.stringify(restricted)}'`;
  const start =
    pod === undefined
      ? `run dfbot-probe --rm -i --restart=Never --image=${image} ${overrides} --command`
      : `debug ${pod} -i --profile=restricted --image=${image}`;
  const who = login === undefined ? "" : ` # with PROBE_USER and PROBE_PASSWORD from secret/${login.secret}`;
  return `${kubectl} ${start} -- node /app/src/probe/main.ts ${args.join(" ")}${who}`;
}
