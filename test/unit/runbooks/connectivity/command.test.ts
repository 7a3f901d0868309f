import { expect, it } from "vitest";
import { z } from "zod";
import { ObjectStore } from "../../../../sandbox/kubernetes/object-store.ts";
import { violatesPodSecurity } from "../../../../sandbox/kubernetes/pod-security.ts";
import { probeCommand } from "../../../../src/runbooks/connectivity/command.ts";
import { config, image } from "./ground.ts";

const overrides = z.object({
  spec: z.looseObject({ containers: z.tuple([z.looseObject({ name: z.literal("dfbot-probe") })]) }),
});

it("the command of a try by hand makes a pod that a namespace of the level restricted takes", () => {
  const store = new ObjectStore();
  store.create(
    { group: "", plural: "namespaces" },
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "harbor", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
  );
  const command = probeCommand(config, { cluster: "infra", namespace: "harbor" }, ["--host", "dragonfly"]);
  expect(command).toMatch(
    / --override-type=strategic .* --command -- node \/app\/src\/probe\/main.ts --host dragonfly$/,
  );
  const { spec } = overrides.parse(JSON.parse(/--overrides='([^']+)'/.exec(command)?.[1] ?? ""));
  const made = { name: "dfbot-probe", image };
  expect(violatesPodSecurity(store, "harbor", { containers: [made] })).toMatch(/violates PodSecurity "restricted/);
  const patched = { ...spec, containers: [{ ...made, ...spec.containers[0] }] };
  expect(violatesPodSecurity(store, "harbor", patched)).toBeUndefined();
});
