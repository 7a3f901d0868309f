import type { Sandbox } from "../../../sandbox/sandbox.ts";
import type { RunRecord } from "../../../src/runbooks/durable/record.ts";
import { type Tenant, type TenantChange, tenantSchema } from "../../../src/tenants/change.ts";
import { instanceNameOf } from "../../../src/tenants/places.ts";
import type { Ask, Need } from "./ask.ts";
import { beginWith, forgetUsers, gitlabOf, openByHand } from "./git-project.ts";
import { mergeProblems, rememberGitLab } from "./merge-rules.ts";
import { gone, instanceOf, type Look, rolled } from "./own-instance.ts";

/** How the changes of the Git project are asked for. Each attempt has names of its own. */

let names = 0;
const given: string[] = [];
function newName(word: string): string {
  given.push(`${word}${++names}`);
  return `${word}${names}`;
}
const words = ({ name, namespace, owner, purpose, isolation, memory }: Tenant) =>
  `tenant propose ${name} namespace=${namespace} owner="${owner}" purpose="${purpose}" isolation=${isolation} memory=${memory}`;

function tenant(name: string, isolation: Tenant["isolation"]): Tenant {
  return tenantSchema.parse({
    ...{ name, isolation, namespace: `${name}-prod`, owner: `Team ${name}`, purpose: `Sessions of ${name}` },
    memory: isolation === "own" ? "512Mi" : "64Mi",
  });
}

interface Asked {
  readonly command: string;
  readonly after?: readonly TenantChange[];
  /** How the message to the tenant begins. */
  readonly told?: string;
  /** Whose own instance must serve before it is asked for. */
  readonly serving?: Tenant;
  readonly look?: Look;
}

/** Of a runbook that only needs a project in which these changes were made already. */
function project(asked: () => Asked, effect?: RegExp): Ask {
  return {
    inGit: true,
    ...(effect === undefined ? {} : { effect }),
    need: async (sandbox) => {
      const before = [...given];
      const { command, after = [], serving, ...wanted } = asked();
      await beginWith(sandbox, after);
      await forgetUsers(sandbox, before);
      if (serving !== undefined) await sandbox.world.whenHealthy(instanceOf(serving));
      return await needIn(sandbox, { command }, wanted);
    },
  };
}

/** A tenant with an instance of its own, that is there. */
function withOwn(word: string): Required<Pick<Asked, "after" | "serving">> {
  const serving = tenant(newName(word), "own");
  return { after: [{ kind: "propose", tenant: serving }], serving };
}

async function needIn(
  sandbox: Sandbox,
  begins: Pick<Need, "command" | "begin">,
  { told, look = () => [] }: Pick<Asked, "told" | "look"> = {},
): Promise<Need> {
  const since = await rememberGitLab(sandbox);
  const before = sandbox.slack.workspace.messages.length;
  return {
    ...begins,
    problems: async (run: RunRecord | undefined) => {
      const messages = sandbox.slack.workspace.messages.slice(before);
      const count = messages.filter(({ text }) => told !== undefined && text.startsWith(told)).length;
      const wanted = told === undefined ? 0 : 1;
      return [
        ...(await mergeProblems(sandbox, run, since)),
        ...(count === wanted ? [] : [`the tenant was told ${count} times`]),
        ...look(sandbox),
      ];
    },
  };
}

const proposed = (isolation: Tenant["isolation"]) =>
  project(() => {
    const wanted = tenant(newName(isolation), isolation);
    return { command: words(wanted), told: `${wanted.name} is served` };
  });

let image = 1;
const newImage = () => `docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.${++image}`;

export const tenantAsks: Readonly<Record<string, Ask>> = {
  "tenant-propose": proposed("shared"),
  "tenant-propose own": proposed("own"),
  "tenant-resize": project(() => {
    const there = tenant(newName("resized"), "shared");
    return {
      command: `tenant resize ${there.name} 96Mi`,
      after: [{ kind: "propose", tenant: there }],
      told: `${there.name} is served`,
    };
  }),
  "tenant-offboard": project(() => {
    const there = tenant(newName("leaving"), "shared");
    return { command: `tenant offboard ${there.name}`, after: [{ kind: "propose", tenant: there }] };
  }),
  "tenant-resize own": project(() => {
    const { serving, after } = withOwn("grown");
    const { name } = serving;
    const look = rolled(serving, "--maxmemory=1gb");
    return { command: `tenant resize ${name} 1Gi`, after, serving, told: `${name} is served`, look };
  }),
  "tenant-offboard own": project(() => {
    const { serving, after } = withOwn("gone");
    return { command: `tenant offboard ${serving.name}`, after, serving, look: gone(serving) };
  }, /^before bgsave$/),
  "access-allow": project(() => ({ command: `access allow ${newName("allowed")}` })),
  "access-revoke": project(() => {
    const namespace = newName("revoked");
    return { command: `access revoke ${namespace}`, after: [{ kind: "allow", namespace }] };
  }),
  // What it was before is what the project begins with again.
  upgrade: project(() => ({ command: `upgrade ${newImage()}` })),
  "upgrade own": project(() => {
    const { serving, after } = withOwn("upgraded");
    const image = newImage();
    return {
      command: `upgrade ${image} ${instanceNameOf(serving)}`,
      ...{ after, serving, look: rolled(serving, image) },
    };
  }),
  revert: {
    inGit: true,
    need: async (sandbox) => {
      await beginWith(sandbox);
      const namespace = newName("reverted");
      const { people } = gitlabOf(sandbox);
      const iid = await openByHand(sandbox, namespace, { kind: "allow", namespace });
      await people.approve("grace", iid);
      await people.passPipeline(iid);
      await people.merge("grace", iid);
      return await needIn(sandbox, { command: `revert ${iid}` });
    },
  },
  review: {
    inGit: true,
    need: async (sandbox) => {
      await beginWith(sandbox);
      const namespace = newName("reviewed");
      // The bot asks by itself, as soon as it sees it.
      const begin = async () => void (await openByHand(sandbox, namespace, { kind: "allow", namespace }));
      return await needIn(sandbox, { begin });
    },
  },
};
