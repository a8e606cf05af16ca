// A menu of actions and a popover for richer content. Items are data, so that the same list can feed several triggers.
import { Menu as Base } from "@base-ui/react/menu";
import { Popover as BasePopover } from "@base-ui/react/popover";
import { Check } from "lucide-react";
import { type ReactElement, type ReactNode, useId } from "react";
import { cx } from "@/lib/cx";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  checked?: boolean;
  keys?: string;
  /** Where two items may have the same label. */
  id?: string;
  /** Something to notice, at the end of the row. */
  badge?: ReactNode;
  onSelect: () => void;
}
/** Groups are separated by a line. */
export type MenuItems = ReadonlyArray<ReadonlyArray<MenuItem>>;

/** Inside the page's main landmark, where there is one: content outside of landmarks is easily missed. */
const landmark = () => document.querySelector<HTMLElement>('main, [role="main"]') ?? undefined;

export interface MenuProps {
  trigger: ReactElement<Record<string, unknown>>;
  items: MenuItems;
  align?: "start" | "end";
  side?: "top" | "bottom";
  header?: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Menu({ trigger, items, align = "start", side = "bottom", header, open, onOpenChange }: MenuProps) {
  const id = useId();
  return (
    <Base.Root
      {...(open === undefined ? {} : { open })}
      {...(onOpenChange ? { onOpenChange: (next: boolean) => onOpenChange(next) } : {})}
    >
      <Base.Trigger id={id} render={trigger} />
      <Base.Portal container={landmark()}>
        <Base.Positioner align={align} side={side} sideOffset={4} className="z-50 outline-none">
          <Base.Popup
            // An item goes with its menu: what it opens was opened by the button (useOpener).
            data-opener={id}
            className="min-w-44 max-w-72 origin-top rounded-lg bg-raised p-1 shadow-lift outline-none transition-opacity duration-100 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0"
          >
            {header}
            {items
              .filter((group) => group.length > 0)
              .map((group, index) => (
                <Base.Group key={group[0]?.label}>
                  {index > 0 && <Base.Separator className="mx-1 my-1 h-px bg-line" />}
                  <Rows group={group} />
                </Base.Group>
              ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

const keyOf = (item: MenuItem) => item.id ?? item.label;

/** Items of which one is chosen are radio items, so that the choice is said and not only drawn. */
function Rows({ group }: { group: readonly MenuItem[] }) {
  const chosen = group.find((item) => item.checked);
  const rows = group.map((item) => {
    const id = keyOf(item);
    const face = {
      className: cx(
        "flex h-8 items-center gap-2 rounded-md px-2 outline-none data-[highlighted]:bg-hover max-md:h-10",
        item.danger ? "text-danger" : "text-ink",
      ),
      onClick: item.onSelect,
      children: (
        <>
          {item.icon && <span className="flex w-4 shrink-0 justify-center [&>svg]:opacity-75">{item.icon}</span>}
          <span className="min-w-0 flex-1 truncate">{item.label}</span>
          {item.badge}
          {item.checked && <Check size={14} aria-hidden="true" />}
          {item.keys && <span className="text-ink-3 text-xs">{item.keys}</span>}
        </>
      ),
    };
    return item.checked === undefined ? (
      <Base.Item key={id} {...face} />
    ) : (
      <Base.RadioItem key={id} value={id} closeOnClick {...face} />
    );
  });
  if (group.every((item) => item.checked === undefined)) return rows;
  return <Base.RadioGroup value={chosen && keyOf(chosen)}>{rows}</Base.RadioGroup>;
}

export interface PopoverProps {
  trigger: ReactElement<Record<string, unknown>>;
  label: string;
  children: ReactNode;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  align?: "start" | "center" | "end";
  side?: "top" | "bottom";
}

export function Popover({ trigger, label, children, open, onOpenChange, align = "end", side = "top" }: PopoverProps) {
  return (
    <BasePopover.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <BasePopover.Trigger render={trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner align={align} side={side} sideOffset={6} className="z-50 outline-none">
          <BasePopover.Popup aria-label={label} className="rounded-lg bg-raised p-2 shadow-lift outline-none">
            {children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}
