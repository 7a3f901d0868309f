import { useCallback, useEffect, useState } from "react";
import type { ActionInput, FaultState, Outcome, PageState, ViewInput } from "../../slack/page-api.ts";

async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

export const slack = {
  command: (input: { user: string; channel: string; text: string; thread_ts?: string }) =>
    post<Outcome>("/sandbox/command", input),
  message: (input: { user: string; channel: string; text: string; thread_ts?: string }) =>
    post<Outcome>("/sandbox/message", input),
  action: (input: ActionInput) => post<Outcome>("/sandbox/action", input),
  submitView: (input: ViewInput) => post<Outcome>("/sandbox/view/submit", input),
  closeView: (input: { user: string; view_id: string }) => post<Outcome>("/sandbox/view/close", input),
  openHome: (user: string) => post<Outcome>("/sandbox/home", { user }),
};

/** What this person sees, live. The browser reconnects by itself; `connected` says whether it is. */
export function usePageState(user: string): { readonly state: PageState | undefined; readonly connected: boolean } {
  const [state, setState] = useState<PageState>();
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const source = new EventSource(`/sandbox/events?user=${encodeURIComponent(user)}`);
    source.addEventListener("state", (event) => {
      setConnected(true);
      setState(JSON.parse(event.data));
    });
    source.onerror = () => setConnected(false);
    return () => source.close();
  }, [user]);
  return { state: state?.me === user ? state : undefined, connected };
}

/** The world's faults and a switch for each. */
export function useFaults(): {
  readonly faults: readonly FaultState[];
  readonly busy: string | undefined;
  readonly toggle: (name: string, on: boolean) => void;
} {
  const [faults, setFaults] = useState<readonly FaultState[]>([]);
  const [busy, setBusy] = useState<string>();
  const load = useCallback(() => {
    fetch("/sandbox/faults")
      .then((response) => response.json())
      .then(setFaults)
      .catch(() => undefined);
  }, []);
  useEffect(() => {
    load();
    const timer = setInterval(load, 5_000);
    return () => clearInterval(timer);
  }, [load]);
  const toggle = (name: string, on: boolean) => {
    setBusy(name);
    post<readonly FaultState[]>(`/sandbox/faults/${name}`, { on })
      .then((next) => (Array.isArray(next) ? setFaults(next) : load()))
      .catch(load)
      .finally(() => setBusy(undefined));
  };
  return { faults, busy, toggle };
}
