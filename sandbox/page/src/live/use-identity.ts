import { useEffect, useState } from "react";
import type { PageState } from "../../../slack/page-api.ts";
import { fetchState } from "../client.ts";

const parameter = "as";
const retryMs = 1_000;

/**
 * Who the visitor is: named in the address (`?as=grace`), so that two windows can be two people and a reload changes
 * nobody; else the first requester. Undefined until the sandbox has said who there is.
 */
export function useIdentity(): readonly [string | undefined, (id: string) => void] {
  const [me, setMe] = useState<string>();
  useEffect(() => {
    if (me !== undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current = true;
    const ask = async () => {
      // Nobody sees no messages, but does see who there is.
      const state = await fetchState("").catch(() => undefined);
      if (!current) return;
      const first = state === undefined ? undefined : firstPerson(state);
      if (first === undefined) timer = setTimeout(ask, retryMs);
      else setMe(first);
    };
    void ask();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [me]);
  return [me, setMe];
}

/** Keeps the address in step with who the visitor is. */
export function useIdentityInAddress(state: PageState | undefined): void {
  const name = state?.people.find(({ id }) => id === state.me)?.name;
  useEffect(() => {
    if (name === undefined) return;
    const address = new URL(location.href);
    address.searchParams.set(parameter, name);
    history.replaceState(null, "", address);
  }, [name]);
}

function firstPerson({ people }: PageState): string | undefined {
  const wanted = new URL(location.href).searchParams.get(parameter);
  const humans = people.filter(({ is_bot }) => !is_bot);
  const chosen =
    humans.find(({ name }) => name === wanted) ?? humans.find(({ part }) => part === "requester") ?? humans[0];
  return chosen?.id;
}
