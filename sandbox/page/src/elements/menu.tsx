import { ChevronDown, LoaderCircle } from "lucide-react";
import type { MenuElement, Option } from "../../../slack/elements/schema.ts";
import { useDirectory } from "../live/directory.tsx";
import { withEmoji } from "../text/emoji.ts";

interface Props {
  readonly element: MenuElement;
  readonly label: string;
  readonly value: string;
  readonly busy?: boolean;
  readonly disabled?: boolean;
  /** Set when a label outside names it. */
  readonly id?: string;
  readonly invalid?: boolean;
  readonly describedBy?: string | undefined;
  readonly wide?: boolean;
  readonly onChoose: (value: string) => void;
}

/** A menu of options, people or channels. The browser's own, so that it works with keys, readers and on a phone. */
export function Menu(props: Props) {
  const {
    element,
    label,
    value,
    busy = false,
    disabled = false,
    id,
    invalid = false,
    describedBy,
    wide,
    onChoose,
  } = props;
  const { people, channels } = useDirectory();
  const Icon = busy ? LoaderCircle : ChevronDown;
  return (
    <span className={`relative inline-flex min-w-0 ${wide === true ? "w-full" : "max-w-60"}`}>
      <select
        id={id}
        aria-label={id === undefined ? label : undefined}
        aria-busy={busy}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        value={value}
        disabled={disabled}
        onChange={(event) => onChoose(event.target.value)}
        className={`w-full appearance-none truncate rounded-lg border bg-surface pr-8 pl-3 text-ink hover:bg-hover disabled:opacity-60 ${wide === true ? "h-9" : "h-8 text-[13px] font-bold"} ${invalid ? "border-danger" : "border-line-strong"}`}
      >
        <option value="">{withEmoji(element.placeholder?.text ?? label)}</option>
        {element.type === "static_select" ? (
          <>
            <Options options={element.options ?? []} />
            {(element.option_groups ?? []).map((group) => (
              <optgroup key={group.label.text} label={group.label.text}>
                <Options options={group.options} />
              </optgroup>
            ))}
          </>
        ) : element.type === "users_select" ? (
          people
            .filter(({ is_bot }) => !is_bot)
            .map((person) => (
              <option key={person.id} value={person.id}>
                {person.real_name}
              </option>
            ))
        ) : (
          channels
            .filter(({ is_im }) => !is_im)
            .map((channel) => (
              <option key={channel.id} value={channel.id}>
                #{channel.name}
              </option>
            ))
        )}
      </select>
      <Icon
        aria-hidden
        className={`pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-muted ${busy ? "animate-spin" : ""}`}
      />
    </span>
  );
}

function Options({ options }: { readonly options: readonly Option[] }) {
  return options.map((option) => (
    <option key={option.value} value={option.value}>
      {withEmoji(option.text.text)}
    </option>
  ));
}
