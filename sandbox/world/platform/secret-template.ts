/**
 * The part of Go's templates that the shipped ExternalSecrets use: a value, and a guard that fails when a value does not
 * match. Anything else is an error, never left as it is: a Secret with template text in it would be worse.
 *
 * @throws Error with the guard's message, for an unknown value, and for anything it cannot read
 */
export function renderTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const value = (name: string): string => {
    const found = values[name];
    if (found === undefined) throw new Error(`the template asks for .${name}, which the secret does not have`);
    return found;
  };
  const rendered = template
    .replaceAll(
      guard,
      (_, before: string, pattern: string, field: string | undefined, key: string, message: string) => {
        // What `index` does not find is empty, and no error.
        const found = field === undefined ? (values[key] ?? "") : value(field);
        if (!new RegExp(pattern).test(found)) throw new Error(`error calling fail: ${message}`);
        return before.trimEnd();
      },
    )
    .replaceAll(/\{\{ \.([A-Za-z]\w*) \}\}/g, (_, name: string) => value(name))
    .replaceAll(/\{\{ index \. "([^"]+)" \}\}/g, (_, key: string) => values[key] ?? "");
  const left = /\{\{.*?(?:\}\}|$)/.exec(rendered)?.[0];
  if (left !== undefined) throw new Error(`the sandbox does not know this template action: ${left}`);
  return rendered.replace(/^\n/, "");
}

/** `{{-` takes away the white space before it. */
const guard =
  /(\s*)\{\{- if not \(regexMatch "([^"]*)" (?:\.([A-Za-z]\w*)|\(index \. "([^"]+)"\))\) \}\}\{\{ fail "([^"]*)" \}\}\{\{ end \}\}/g;
