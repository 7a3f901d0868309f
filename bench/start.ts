import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { botCommand, freePort } from "../sandbox/bot-process.ts";
import { startSlack } from "../sandbox/slack/server.ts";
import { installedApp } from "../sandbox/slack-app.ts";
import { startWorld } from "../sandbox/world/world.ts";
import { end, residentBytes, startTimed } from "./processes.ts";
import { type Line, median, mib, ms } from "./report.ts";

const rounds = 7;
/** Long enough for the first look at every dependency, with all that it loads. */
const idleMs = 6_000;

/** Cold start to /readyz 200 and idle memory, beside a bare Bolt app's, in turn. */
export async function start(): Promise<readonly Line[]> {
  const world = await startWorld({ metrics: false });
  const secrets = { botToken: "xoxb-fake-bench", signingSecret: "fake-signing-secret" };
  const slack = await startSlack({
    ...secrets,
    ...installedApp(),
    appToken: "xapp-fake",
    deliver: { mode: "http", requestUrl: () => "http://127.0.0.1:1/" },
  });
  const env = {
    SLACK_BOT_TOKEN: secrets.botToken,
    SLACK_SIGNING_SECRET: secrets.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ...world.env(),
  };
  // As the image does when it is built.
  await promisify(execFile)(process.execPath, ["script/fill-compile-cache.ts"]);
  const scripts = { bot: botCommand, bare: ["bench/bare-bolt.ts"] };
  const times = { bot: [] as number[], bare: [] as number[] };
  const memory = { bot: [] as number[], bare: [] as number[] };
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const which of ["bare", "bot"] as const) {
        const { child, readyMs } = await startTimed(scripts[which], await freePort(), env);
        // Round 0 fills the compile cache with what the baseline loads: Node writes it when a process ends by itself.
        if (round > 0) times[which].push(readyMs);
        if (round > 0 && round <= 3) {
          await sleep(idleMs);
          memory[which].push(residentBytes(child));
        }
        await end(child, round === 0 ? "SIGTERM" : "SIGKILL");
      }
    }
  } finally {
    await slack.stop();
    await world.stop();
  }
  return [
    {
      name: "cold start to /readyz 200 / a bare Bolt app's",
      ratio: median(times.bot) / median(times.bare),
      atMost: 2,
      figures: { bot: ms(median(times.bot)), "bare Bolt": ms(median(times.bare)), rounds: String(rounds) },
    },
    {
      name: "idle RSS / a bare Bolt app's",
      ratio: median(memory.bot) / median(memory.bare),
      atMost: 2,
      figures: { bot: mib(median(memory.bot)), "bare Bolt": mib(median(memory.bare)) },
    },
  ];
}
