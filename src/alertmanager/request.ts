import { BotError } from "../errors.ts";

/** Asks Alertmanager and returns the text of its answer. Throws BotError `alertmanager.*`. */
export type AskAlertmanager = (
  method: string,
  /** From its root on: `api/v2/alerts`. */
  path: string,
  signal: AbortSignal,
  body?: unknown,
) => Promise<string>;

export function createAskAlertmanager(url: string | undefined): AskAlertmanager {
  return async (method, path, signal, body) => {
    if (url === undefined) {
      throw new BotError(
        "alertmanager.not-configured",
        "No Alertmanager is configured",
        "Set ALERTMANAGER_URL, for example http://alertmanager.monitoring:9093",
      );
    }
    const response = await fetch(new URL(path, url.endsWith("/") ? url : `${url}/`), {
      method,
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    }).catch((cause: unknown) => {
      throw new BotError("alertmanager.unreachable", "Alertmanager cannot be reached", "Check ALERTMANAGER_URL", {
        cause,
      });
    });
    const text = await response.text();
    if (!response.ok) {
      throw new BotError(
        "alertmanager.refused",
        `Alertmanager answered ${response.status}: ${text.slice(0, 300)}`,
        "Correct what it names, or look at its log",
      );
    }
    return text;
  };
}
