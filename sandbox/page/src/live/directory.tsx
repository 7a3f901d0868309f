import { createContext, type ReactNode, useContext } from "react";
import type { Channel, PageState, Person, UserGroup } from "../../../slack/page-api.ts";
import { useStable } from "./use-stable.ts";

/** Who is looking, and who and what there is to mention or choose. */
export interface Directory {
  readonly me: string;
  readonly people: readonly Person[];
  readonly channels: readonly Channel[];
  readonly groups: readonly UserGroup[];
}

const Context = createContext<Directory>({ me: "", people: [], channels: [], groups: [] });

/** Gives everything below it the directory; its identity changes only when its content does. */
export function DirectoryProvider({ state, children }: { readonly state: PageState; readonly children: ReactNode }) {
  const { me, people, channels, groups } = state;
  return <Context value={useStable({ me, people, channels, groups })}>{children}</Context>;
}

export function useDirectory(): Directory {
  return useContext(Context);
}

export function usePerson(id: string): Person | undefined {
  return useDirectory().people.find((person) => person.id === id);
}
