import { useEffect, useState } from "react";
import type { PageState } from "../../../slack/page-api.ts";
import { pageStateSchema } from "../wire.ts";

const retryMs = { first: 500, most: 5_000 };

export interface Live {
  /** Undefined until the first answer for this person. */
  readonly state: PageState | undefined;
  readonly connected: boolean;
}

/**
 * What this person sees, live. The browser reopens a stream that broke, but gives up on one that was refused, as it is
 * while the sandbox restarts behind something that answers for it; then this opens a new one.
 */
export function usePageState(user: string): Live {
  const [state, setState] = useState<PageState>();
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wait = retryMs.first;
    let last = "";
    const open = () => {
      source = new EventSource(`/sandbox/events?user=${encodeURIComponent(user)}`);
      source.addEventListener("state", ({ data }) => {
        wait = retryMs.first;
        setConnected(true);
        // The stream repeats itself to stay open; nothing needs to be drawn again for that.
        if (typeof data !== "string" || data === last) return;
        last = data;
        const parsed = pageStateSchema.safeParse(parseJson(data));
        if (parsed.success) setState(parsed.data);
        else console.error("The sandbox sent a state that cannot be read", parsed.error.issues);
      });
      source.addEventListener("error", () => {
        setConnected(false);
        if (source?.readyState !== EventSource.CLOSED) return;
        timer = setTimeout(open, wait);
        wait = Math.min(wait * 2, retryMs.most);
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [user]);
  return { state: state?.me === user ? state : undefined, connected };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
