import { useFaults } from "./client.ts";

/** Switches that break the world, so that a visitor sees the answers change. */
export function FaultsPanel({ onClose }: { readonly onClose: () => void }) {
  const { faults, busy, toggle } = useFaults();
  return (
    <aside
      aria-label="Faults"
      className="flex w-80 shrink-0 flex-col border-l border-neutral-200 bg-neutral-50 max-lg:fixed max-lg:inset-y-1 max-lg:right-1 max-lg:z-10 max-lg:rounded-lg max-lg:shadow-2xl"
    >
      <header className="flex items-center border-b border-neutral-200 px-4 py-2.5">
        <h2 className="flex-1 text-lg font-bold">Faults</h2>
        <button
          type="button"
          aria-label="Close the faults panel"
          onClick={onClose}
          className="rounded px-2 py-1 hover:bg-neutral-200"
        >
          ✕
        </button>
      </header>
      <ul className="min-h-0 flex-1 overflow-y-auto p-2">
        {faults.map((fault) => (
          <li key={fault.name}>
            <label
              className={`flex cursor-pointer gap-3 rounded-md p-2 hover:bg-white ${fault.on ? "bg-rose-50" : ""}`}
            >
              <input
                type="checkbox"
                role="switch"
                aria-checked={fault.on}
                aria-label={fault.title}
                checked={fault.on}
                disabled={busy !== undefined}
                onChange={(event) => toggle(fault.name, event.target.checked)}
                className="mt-1 size-4 accent-rose-600"
              />
              <span className="min-w-0">
                <span className="block font-semibold">
                  {fault.title}
                  {busy === fault.name ? " …" : ""}
                </span>
                <span className="block text-sm text-neutral-600">{fault.description}</span>
              </span>
            </label>
          </li>
        ))}
        {faults.length === 0 ? <li className="p-2 text-neutral-500">This sandbox has no faults to switch.</li> : null}
      </ul>
    </aside>
  );
}
