import { parseArgs } from "node:util";
import { checkStatus } from "./check.ts";
import { faultCatalog } from "./faults/faults.ts";
import { startSandbox } from "./sandbox.ts";

/** script/sandbox: starts the local world and the bot, and prints the page's address; or, with --check, asks once. */
const usage = `script/sandbox [--port N] [--check] [--fault NAME] [--mode http|socket]
  --port N      port of the page (default 8300)
  --check       ask /dragonfly status the way the page does, print the answer, exit 0 when all is ok, else 1
  --fault NAME  begin with this fault (may be repeated): ${faultCatalog.map(({ name }) => name).join(", ")}`;

function wrongUsage(message: string): never {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        port: { type: "string" },
        check: { type: "boolean", default: false },
        fault: { type: "string", multiple: true, default: [] },
        mode: { type: "string", default: "http" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return wrongUsage(error instanceof Error ? error.message : String(error));
  }
}

const { port = "8300", check, fault, mode, help } = options();
if (help) {
  console.log(usage);
  process.exit(0);
}
if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) wrongUsage(`--port: found "${port}"; allowed: a port number`);
if (mode !== "http" && mode !== "socket") wrongUsage(`--mode: found "${mode}"; allowed: http or socket`);
for (const name of fault)
  if (!faultCatalog.some((known) => known.name === name)) wrongUsage(`--fault: there is no fault "${name}"`);

console.error("Starting three stores, two clusters, Slack and the bot…");
const sandbox = await startSandbox({
  port: check ? 0 : Number(port),
  mode,
  page: !check,
  // A pipeline that takes a moment, as they do.
  ...(check ? {} : { gitlab: { pipeline: { takesMs: 5_000 } } }),
  ...(check ? {} : { alerting: { faster: 10 } }),
  world: { secretsOnDemand: true, onNotice: (text) => console.error(text) },
}).catch((error: unknown) => {
  const inUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  console.error(inUse ? `Port ${port} is taken. Choose another: script/sandbox --port 8301` : error);
  process.exit(1);
});
const stop = async (code: number) => {
  await sandbox.stop();
  process.exit(code);
};
process.once("SIGINT", () => void stop(0));
process.once("SIGTERM", () => void stop(0));

for (const name of fault) {
  await sandbox.faults.set(name, true).catch(async (error: unknown) => {
    console.error(`The fault ${name} cannot be shown here: ${error instanceof Error ? error.message : error}`);
    await stop(1);
  });
}
if (check) {
  const { text, ok } = await checkStatus(sandbox.slack);
  console.log(text);
  await stop(ok ? 0 : 1);
} else {
  const { alerting, gitlab } = sandbox;
  const project = gitlab === undefined ? "" : `GitLab:    ${gitlab.url}/${gitlab.project}\n`;
  const alertmanager = alerting === undefined ? "" : `Alerts:    ${alerting.alertmanagerUrl}\n`;
  const { DFBOT_CONFIG, DATA_DIR, PROMETHEUS_URL } = sandbox.world.env();
  const forCli = {
    DFBOT_CONFIG,
    DATA_DIR,
    PROMETHEUS_URL,
    ALERTMANAGER_URL: alerting?.alertmanagerUrl,
    GITLAB_URL: gitlab?.url,
    GITLAB_PROJECT: gitlab?.project,
    GITLAB_TOKEN: gitlab?.token("dfbot"),
  };
  const exported = Object.entries(forCli).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  console.log(
    `\nThe page:  ${sandbox.slack.origin}\nkubectl:   export KUBECONFIG=${sandbox.world.adminKubeconfigPath}\ndfbot:     export ${exported.join(" ")}\nThe bot:   ${sandbox.bot.url}/readyz\n${alertmanager}${project}Stop with Ctrl-C.`,
  );
}
