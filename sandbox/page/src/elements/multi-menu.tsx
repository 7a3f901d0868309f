import { Check, ChevronDown, LoaderCircle } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { type MultiMenuElement, optionsOf } from "../../../slack/elements/schema.ts";
import { type Directory, useDirectory } from "../live/directory.tsx";
import { withEmoji } from "../text/emoji.ts";

interface Props {
  readonly element: MultiMenuElement;
  readonly label: string;
  readonly values: readonly string[];
  readonly busy?: boolean;
  /** Set when a label outside names it. */
  readonly id?: string;
  readonly invalid?: boolean;
  readonly describedBy?: string | undefined;
  readonly wide?: boolean;
  readonly onChoose: (values: readonly string[]) => void;
}

interface Item {
  readonly value: string;
  readonly name: string;
}

/** A menu in which several things are ticked. It stays open until one is done. */
export function MultiMenu(props: Props) {
  const { element, label, values, busy = false, id, invalid = false, describedBy, wide, onChoose } = props;
  const items = itemsOf(element, useDirectory());
  const chosen = items.filter(({ value }) => values.includes(value));
  const full = values.length >= (element.max_selected_items ?? Number.POSITIVE_INFINITY);
  const Icon = busy ? LoaderCircle : ChevronDown;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        id={id}
        aria-label={id === undefined ? label : undefined}
        aria-busy={busy}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        className={`inline-flex min-h-8 min-w-0 items-center gap-2 rounded-lg border bg-surface px-3 py-1 text-left text-ink hover:bg-hover ${wide === true ? "min-h-9 w-full" : "max-w-80 text-[13px] font-bold"} ${invalid ? "border-danger" : "border-line-strong"}`}
      >
        <span className="flex min-w-0 flex-1 flex-wrap gap-1">
          {chosen.length === 0 ? (
            <span className="truncate text-muted">{withEmoji(element.placeholder?.text ?? label)}</span>
          ) : (
            chosen.map(({ value, name }) => (
              <span key={value} className="truncate rounded bg-mention px-1.5 text-link">
                {name}
              </span>
            ))
          )}
        </span>
        <Icon aria-hidden className={`size-4 shrink-0 text-muted ${busy ? "animate-spin" : ""}`} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="start"
          sideOffset={4}
          className="z-50 max-h-72 min-w-52 overflow-y-auto rounded-lg border border-line bg-raised py-2 text-ink shadow-xl"
        >
          {items.map(({ value, name }) => (
            <DropdownMenu.CheckboxItem
              key={value}
              checked={values.includes(value)}
              disabled={full && !values.includes(value)}
              onSelect={(event) => event.preventDefault()}
              onCheckedChange={(on) => onChoose(on ? [...values, value] : values.filter((other) => other !== value))}
              className="flex cursor-pointer items-center gap-2 px-4 py-1.5 outline-none data-disabled:opacity-50 data-highlighted:bg-accent data-highlighted:text-white"
            >
              <span className="size-4 shrink-0">
                <DropdownMenu.ItemIndicator>
                  <Check aria-hidden className="size-4" />
                </DropdownMenu.ItemIndicator>
              </span>
              {name}
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function itemsOf(element: MultiMenuElement, { people, channels }: Directory): readonly Item[] {
  if (element.type === "multi_static_select")
    return optionsOf(element).map(({ value, text }) => ({ value, name: withEmoji(text.text) }));
  if (element.type === "multi_users_select")
    return people.filter(({ is_bot }) => !is_bot).map(({ id, real_name }) => ({ value: id, name: real_name }));
  return channels.filter(({ is_im }) => !is_im).map(({ id, name }) => ({ value: id, name: `#${name}` }));
}
