import { useEffect, useState, useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const key = "sandbox-theme";
const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");

/** The system's theme, until the visitor chooses one. Sets `data-theme` on the document, which the styles follow. */
export function useTheme(): { readonly theme: Theme; readonly toggle: () => void } {
  const system: Theme = useSyncExternalStore(
    (changed) => {
      darkSystem.addEventListener("change", changed);
      return () => darkSystem.removeEventListener("change", changed);
    },
    () => (darkSystem.matches ? "dark" : "light"),
  );
  const [chosen, setChosen] = useState<Theme | undefined>(() => parse(localStorage.getItem(key)));
  const theme = chosen ?? system;
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  const toggle = () => {
    const next = theme === "dark" ? "light" : "dark";
    localStorage.setItem(key, next);
    setChosen(next);
  };
  return { theme, toggle };
}

function parse(value: string | null): Theme | undefined {
  return value === "light" || value === "dark" ? value : undefined;
}

/** The theme that is shown now, for what cannot follow the styles. */
export function useCurrentTheme(): Theme {
  return useSyncExternalStore(
    (changed) => {
      const observer = new MutationObserver(changed);
      observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      return () => observer.disconnect();
    },
    () => parse(document.documentElement.dataset["theme"] ?? null) ?? "light",
  );
}
