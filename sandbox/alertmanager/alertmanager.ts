import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { freePort } from "../bot-process.ts";
import { startChild } from "../dragonfly/child.ts";
import { onPath } from "../dragonfly/find-store.ts";

/** A real Alertmanager with the shipped routes and receiver; everything that waits in it is made short. */
export interface AlertmanagerProcess {
  readonly url: string;
  /** As Prometheus or vmalert posts them. */
  post(
    alerts: readonly { readonly labels: object; readonly annotations?: object; readonly endsAt?: string }[],
  ): Promise<void>;
  /** What it shows to the bot from now on; undefined: the right one again. */
  useToken(token: string | undefined): void;
  /** Loads its configuration again, after an edit of it. */
  reconfigure(edit: (text: string) => string): Promise<void>;
  stop(): Promise<void>;
}

export interface AlertmanagerOptions {
  readonly webhook: string;
  readonly token: string;
  readonly port?: number;
}

const program = "prometheus-alertmanager";
const shipped = join(import.meta.dirname, "..", "..", "deploy", "bot", "alertmanager", "receiver.yaml");

const route = z.looseObject({ group_wait: z.string(), group_interval: z.string(), repeat_interval: z.string() });
const configShape = z.strictObject({
  route: route.extend({ routes: z.array(route) }),
  receivers: z.tuple([
    z.strictObject({
      name: z.string(),
      webhook_configs: z.tuple([
        z.looseObject({
          url: z.string(),
          http_config: z.strictObject({
            authorization: z.strictObject({ type: z.string(), credentials_file: z.string() }),
          }),
        }),
      ]),
    }),
  ]),
});

/** The shipped file with another address, another place of the token, and seconds where it has minutes. */
function configuration(webhook: string, tokenFile: string): string {
  const { route: top, receivers } = configShape.parse(parse(readFileSync(shipped, "utf8")));
  const [receiver] = receivers;
  const [hook] = receiver.webhook_configs;
  const authorization = { ...hook.http_config.authorization, credentials_file: tokenFile };
  return stringify({
    route: {
      ...top,
      group_wait: "200ms",
      group_interval: "1s",
      routes: top.routes.map((one) => ({ ...one, group_interval: "1s", repeat_interval: "2s" })),
    },
    receivers: [{ ...receiver, webhook_configs: [{ ...hook, url: webhook, http_config: { authorization } }] }],
  });
}

/** Undefined when the program is not installed. Resolves at once; `whenReady` says when it listens. */
export function beginAlertmanager(
  options: AlertmanagerOptions & { readonly port: number },
): (AlertmanagerProcess & { whenReady(): Promise<void> }) | undefined {
  const path = onPath(program, process.env["PATH"] ?? "");
  if (path === undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "dfbot-alertmanager-"));
  const url = `http://127.0.0.1:${options.port}`;
  const tokenFile = join(directory, "token");
  writeFileSync(tokenFile, options.token, { mode: 0o600 });
  const configFile = join(directory, "alertmanager.yml");
  const shippedText = configuration(options.webhook, tokenFile);
  writeFileSync(configFile, shippedText);
  let said = "";
  const child = startChild(
    path,
    [
      `--config.file=${configFile}`,
      `--storage.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${options.port}`,
      `--web.external-url=${url}`,
      "--cluster.listen-address=",
    ],
    {
      onLine: (line) => {
        said = `${said}${line}\n`.slice(-5_000);
      },
    },
  );
  return {
    url,
    // It is read for every request.
    useToken: (token = options.token) => writeFileSync(tokenFile, token),
    reconfigure: async (edit) => {
      writeFileSync(configFile, edit(shippedText));
      const answer = await fetch(`${url}/-/reload`, { method: "POST" });
      if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
    },
    stop: async () => {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(directory, { recursive: true, force: true });
    },
    post: async (alerts) => {
      const answer = await fetch(`${url}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(alerts),
      });
      if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
    },
    whenReady: async () => {
      for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
        const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
        if (ready?.ok) return;
        await sleep(50);
      }
      throw new Error(`Alertmanager did not start:\n${said}`);
    },
  };
}

/** Resolves when it takes alerts. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<AlertmanagerProcess> {
  const begun = beginAlertmanager({ ...options, port: options.port ?? (await freePort()) });
  if (begun === undefined) throw new Error(`${program} is not installed (apt install ${program})`);
  try {
    await begun.whenReady();
    return begun;
  } catch (error) {
    await begun.stop();
    throw error;
  }
}
