import { LoaderCircle, X } from "lucide-react";
import { Switch } from "radix-ui";
import { useId } from "react";
import type { FaultState } from "../../../slack/page-api.ts";
import { Trouble } from "../elements/trouble.tsx";
import type { Faults } from "../live/use-faults.ts";
import { IconButton } from "./icon-button.tsx";
import { PaneHeader } from "./pane-header.tsx";

/** Switches that break the world, so that a visitor sees the answers change. */
export function FaultsPanel({ faults: live, onClose }: { readonly faults: Faults; readonly onClose: () => void }) {
  const { faults, busy, trouble, set } = live;
  const on = faults.filter((fault) => fault.on);
  const healAll = async () => {
    for (const fault of on) await set(fault.name, false);
  };
  return (
    <aside
      aria-label="Faults"
      className="flex w-80 shrink-0 flex-col border-l border-line bg-surface max-xl:absolute max-xl:inset-y-0 max-xl:right-0 max-xl:z-10 max-xl:shadow-2xl max-sm:inset-x-0 max-sm:w-auto"
    >
      <PaneHeader>
        <h2 className="flex-1 text-[18px] font-black">Faults</h2>
        {on.length === 0 ? null : (
          <button
            type="button"
            disabled={busy !== undefined}
            onClick={() => void healAll()}
            className="h-8 rounded-lg border border-line-strong px-2.5 text-[13px] font-bold hover:bg-hover disabled:opacity-60"
          >
            Heal all
          </button>
        )}
        <IconButton icon={X} label="Close the faults panel" onClick={onClose} />
      </PaneHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <p className="px-5 pt-3 pb-1 text-[13px] text-muted">
          Break something real in the sandbox, ask again, and watch the answer change.
        </p>
        <div className="px-5">
          <Trouble text={trouble} />
        </div>
        <ul className="p-2">
          {faults.map((fault) => (
            <Row
              key={fault.name}
              fault={fault}
              busy={busy === fault.name}
              disabled={busy !== undefined}
              onSwitch={(next) => void set(fault.name, next)}
            />
          ))}
        </ul>
        {faults.length === 0 ? <p className="px-5 text-muted">This sandbox has no faults to switch.</p> : null}
      </div>
    </aside>
  );
}

interface RowProps {
  readonly fault: FaultState;
  readonly busy: boolean;
  readonly disabled: boolean;
  readonly onSwitch: (on: boolean) => void;
}

function Row({ fault, busy, disabled, onSwitch }: RowProps) {
  const id = useId();
  return (
    <li className={`flex gap-3 rounded-lg px-3 py-2 ${fault.on ? "bg-broken" : "hover:bg-subtle"}`}>
      <label htmlFor={id} className="min-w-0 flex-1 cursor-pointer">
        <span className="block leading-snug font-bold">{fault.title}</span>
        <span className="block text-[13px] leading-snug text-muted">{fault.description}</span>
      </label>
      <span className="flex w-9 shrink-0 flex-col items-center gap-1 pt-0.5">
        <Switch.Root
          id={id}
          aria-label={fault.title}
          aria-busy={busy}
          checked={fault.on}
          disabled={disabled}
          onCheckedChange={onSwitch}
          className="h-5 w-9 rounded-full bg-switch p-0.5 transition-colors data-disabled:opacity-60 data-[state=checked]:bg-danger"
        >
          <Switch.Thumb className="block size-4 rounded-full bg-white shadow transition-transform data-[state=checked]:translate-x-4" />
        </Switch.Root>
        {busy ? <LoaderCircle aria-hidden className="size-4 animate-spin text-muted" /> : null}
      </span>
    </li>
  );
}
