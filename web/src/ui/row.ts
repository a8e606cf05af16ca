// How a row of a sidebar looks: for links to conversations and pages alike.
export const ROW =
  "flex h-[30px] items-center gap-2 rounded-md px-2 text-ink-2 hover:bg-hover hover:text-ink max-md:h-11 max-md:text-md aria-[current=page]:bg-active aria-[current=page]:font-medium aria-[current=page]:text-ink";
export const ROW_ACTIVE = { "aria-current": "page" } as const;
