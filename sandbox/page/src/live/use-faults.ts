import { useCallback, useEffect, useState } from "react";
import type { FaultState } from "../../../slack/page-api.ts";
import { fetchFaults, setFault } from "../client.ts";

const refreshMs = 5_000;

export interface Faults {
  readonly faults: readonly FaultState[];
  /** The fault that is being switched: the world needs seconds for some. */
  readonly busy: string | undefined;
  readonly trouble: string | undefined;
  readonly set: (name: string, on: boolean) => Promise<void>;
}

/** The world's faults and a switch for each. Others may switch them too, so they are read again and again. */
export function useFaults(): Faults {
  const [faults, setFaults] = useState<readonly FaultState[]>([]);
  const [busy, setBusy] = useState<string>();
  const [trouble, setTrouble] = useState<string>();

  useEffect(() => {
    if (busy !== undefined) return;
    let current = true;
    const load = () =>
      fetchFaults()
        .then((next) => current && setFaults(next))
        // The page says already that the sandbox does not answer.
        .catch(() => undefined);
    void load();
    const timer = setInterval(load, refreshMs);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [busy]);

  const set = useCallback(async (name: string, on: boolean) => {
    setBusy(name);
    setTrouble(undefined);
    try {
      setFaults(await setFault(name, on));
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : "The sandbox does not answer.");
    } finally {
      setBusy(undefined);
    }
  }, []);
  return { faults, busy, trouble, set };
}
