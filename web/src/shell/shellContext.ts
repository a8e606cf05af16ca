// Which dialog of the shell is open; anything in the shell may open one.
import { createContext, useContext } from "react";

export type OpenDialog = "palette" | "shortcuts" | "channel" | "direct" | "sign-out" | null;

export const ShellContext = createContext<(dialog: OpenDialog) => void>(() => undefined);

export const useOpenDialog = () => useContext(ShellContext);
