// A short hint on hover and focus. Never the only carrier of a meaning: its trigger has its own accessible name.
import { Tooltip } from "@base-ui/react/tooltip";
import type { ReactElement } from "react";

export const TooltipProvider = Tooltip.Provider;

export function Tip({ text, children }: { text: string; children: ReactElement<Record<string, unknown>> }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className="z-50">
          <Tooltip.Popup className="max-w-64 animate-fade rounded-md bg-[light-dark(#27282c,#e9e9ea)] px-2 py-1 text-[light-dark(#fff,#1a1b1e)] text-xs">
            {text}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
