import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { freePort } from "../bot-process.ts";

/** A real Alertmanager, with everything that waits in it made short. */
export interface AlertmanagerProcess {
  readonly url: string;
  /** As Prometheus or vmalert posts them. */
  post(
    alerts: readonly { readonly labels: object; readonly annotations?: object; readonly endsAt?: string }[],
  ): Promise<void>;
  stop(): Promise<void>;
}

export async function startAlertmanager(options: {
  readonly webhook: string;
  readonly token: string;
  readonly port?: number;
}): Promise<AlertmanagerProcess> {
  const directory = mkdtempSync(join(tmpdir(), "dfbot-alertmanager-"));
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const config = {
    route: {
      receiver: "dfbot",
      group_by: ["alertname", "namespace", "app"],
      group_wait: "200ms",
      group_interval: "1s",
      repeat_interval: "1h",
    },
    receivers: [
      {
        name: "dfbot",
        webhook_configs: [
          {
            url: options.webhook,
            send_resolved: true,
            http_config: { authorization: { type: "Bearer", credentials: options.token } },
          },
        ],
      },
    ],
  };
  writeFileSync(join(directory, "alertmanager.yml"), stringify(config));
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${join(directory, "alertmanager.yml")}`,
      `--storage.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  const stop = async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 200; tries++) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok) {
      return {
        url,
        stop,
        post: async (alerts) => {
          const answer = await fetch(`${url}/api/v2/alerts`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(alerts),
          });
          if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
        },
      };
    }
    await sleep(50);
  }
  await stop();
  throw new Error("Alertmanager did not start");
}
