// Whether this is a device with a touch keyboard only, where Enter is a new line and a button sends or saves.
export const isTouch = (): boolean => window.matchMedia("(pointer: coarse) and (hover: none)").matches;
