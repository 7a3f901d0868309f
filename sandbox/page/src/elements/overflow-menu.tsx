import { Ellipsis } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { Option } from "../../../slack/elements/schema.ts";
import { SlackText } from "../text/slack-text.tsx";

interface Props {
  readonly options: readonly Option[];
  readonly disabled: boolean;
  readonly onChoose: (value: string) => void;
}

/** The three dots, and what they open. */
export function OverflowMenu({ options, disabled, onChoose }: Props) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label="More actions"
        disabled={disabled}
        className="inline-flex size-8 items-center justify-center rounded-lg border border-line-strong bg-surface hover:bg-hover disabled:opacity-60"
      >
        <Ellipsis aria-hidden className="size-4" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          className="z-50 max-w-72 min-w-44 rounded-lg border border-line bg-raised py-2 text-ink shadow-xl"
        >
          {options.map((option) => (
            <DropdownMenu.Item
              key={option.value}
              onSelect={() => onChoose(option.value)}
              className="cursor-pointer px-4 py-1.5 outline-none data-highlighted:bg-accent data-highlighted:text-white"
            >
              <SlackText text={option.text} />
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
