import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePort } from "../bot-process.ts";
import { podTargets } from "./pod-targets.ts";
import { type ScrapeOptions, startScrapePages } from "./scrape-pages.ts";
import { startVictoriaMetrics } from "./victoria-metrics.ts";

export interface MetricsOptions extends ScrapeOptions {
  readonly directory: string;
  /** A loopback address of the world's own. */
  readonly address: string;
  readonly onNotice: (text: string) => void;
}

/** A real VictoriaMetrics that scrapes the world's servers and its kubelets. */
export interface Metrics {
  readonly url: string;
  /** Where it looks for vmalert when it is asked for the rules. */
  readonly rulesPort: number;
  /** Makes a volume look this full (0 to 1) to the kubelet; undefined: as full as it is. */
  fillVolume(claim: string, share: number | undefined): void;
  /** Scrapes the bot's process as the ServiceMonitor would. */
  scrapeBot(port: number): void;
  /**
   * Forgets what the servers said while they were being set up: who was the primary before there was one is no history.
   * Resolves when every server has been scraped again.
   */
  forgetBeginnings(): Promise<void>;
  /** Resolves when every volume's figures have arrived; rejects when they do not come. */
  whenScraped(): Promise<void>;
  stop(): Promise<void>;
}

/** Undefined, and one notice, when the program is not there: everything but the metrics works without it. */
export async function startMetrics(options: MetricsOptions): Promise<Metrics | undefined> {
  const { directory, address, onNotice } = options;
  const pages = await startScrapePages(options);
  const rulesPort = await freePort();
  const configPath = join(directory, "scrape.yaml");
  writeFileSync(configPath, scrapeConfig(pages.port));
  const database = startVictoriaMetrics({
    directory: join(directory, "metrics"),
    address,
    flags: [
      `-promscrape.config=${configPath}`,
      "-promscrape.httpSDCheckInterval=1s",
      "-retentionPeriod=1d",
      `-vmalert.proxyURL=http://127.0.0.1:${rulesPort}`,
    ],
    onNotice,
  });
  if (database === undefined) {
    await pages.stop();
    return undefined;
  }
  return {
    url: database.url,
    rulesPort,
    fillVolume: pages.fillVolume,
    scrapeBot: (port) =>
      pages.addTarget({
        targets: [`127.0.0.1:${port}`],
        labels: { job: "dfbot", namespace: "dragonfly-bot", pod: "dfbot-0", container: "dfbot", endpoint: "http" },
      }),
    forgetBeginnings: async () => {
      const scraped = () => {
        const since = Date.now() / 1_000;
        const query = (ask: number) => `timestamp(dragonfly_master{ask!="${ask}"}) > ${since}`;
        return whenFound(database.url, query, () => podTargets(options.objects).length);
      };
      // What came within the last second cannot be deleted yet, and would be the newest word on who is primary.
      await scraped();
      const query = new URLSearchParams({ "match[]": '{__name__=~"dragonfly_.*"}' });
      await fetch(`${database.url}/api/v1/admin/tsdb/delete_series?${query}`, { method: "POST" });
      await scraped();
    },
    whenScraped: () => {
      const query = (ask: number) => `kubelet_volume_stats_used_bytes{ask!="${ask}"}`;
      return whenFound(database.url, query, pages.volumes);
    },
    stop: async () => {
      await Promise.all([database.stop(), pages.stop()]);
    },
  };
}

/** Many scrapes: the machine may be busy. */
const scrapedWithinMs = 40_000;

/**
 * Asks until there are as many series as wanted. A selector that found nothing is remembered for some ten seconds, even when
 * data has come since: so every question is another one, and nobody's real question is spoilt.
 */
async function whenFound(url: string, query: (ask: number) => string, wanted: () => number): Promise<void> {
  const deadline = Date.now() + scrapedWithinMs;
  for (let ask = 0; Date.now() < deadline; ask++) {
    const found = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: query(ask) })}`).then(
      (answer) => answer.text(),
      () => "",
    );
    if ([...found.matchAll(/"metric":/g)].length >= wanted()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`VictoriaMetrics has less than ${wanted()} of ${query(0)} after ${scrapedWithinMs / 1_000} s`);
}

function scrapeConfig(pagesPort: AddressInfo["port"]): string {
  const pages = `127.0.0.1:${pagesPort}`;
  return stringify({
    // A scrape that is too late makes every figure stale at once, and the machine may be busy.
    global: { scrape_interval: "2s", scrape_timeout: "1900ms" },
    scrape_configs: [
      { job_name: "pods", http_sd_configs: [{ url: `http://${pages}/pods` }] },
      {
        job_name: "kubelet",
        honor_labels: true,
        static_configs: [{ targets: [pages] }],
        metrics_path: "/kubelet/metrics",
      },
    ],
  });
}
