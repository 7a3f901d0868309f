/** What Grafana would put in the place of the variables. */
export type Choice = Readonly<Record<string, string>>;

/** Grafana's own variables, as they would be for a panel with a sample every 15 seconds. */
const builtIn: Choice = { __rate_interval: "1m", __interval: "15s", __range: "3h" };

/** The expression with every known variable replaced; `$1` of label_replace is none and stays. */
export function substitute(expr: string, choice: Choice): string {
  const values: Choice = { ...builtIn, ...choice };
  return expr.replaceAll(/\$\{?([A-Za-z_]\w*)\}?/g, (text, name: string) => values[name] ?? text);
}

const keywords = new Set(["and", "or", "unless", "bool", "offset", "atan2"]);

/** Names of the series an expression asks for: what is left without strings, matchers, windows, label lists and functions. */
export function metricNames(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, " ")
    .replaceAll(/\{[^}]*\}/g, " ")
    .replaceAll(/\[[^\]]*\]/g, " ")
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, " ");
  const words = [...bare.matchAll(/\b[A-Za-z_:][\w:]*\b(?!\s*\()/g)].map(([word]) => word);
  return [...new Set(words.filter((word) => !keywords.has(word)))];
}
