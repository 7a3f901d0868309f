import { useRef } from "react";

/** The same object as before while its content is the same: plain data only. */
export function useStable<T>(value: T): T {
  const json = JSON.stringify(value);
  const kept = useRef({ json, value });
  if (kept.current.json !== json) kept.current = { json, value };
  return kept.current.value;
}
