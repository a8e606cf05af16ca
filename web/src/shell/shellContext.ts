// Which dialog of the shell is open; anything in the shell may open one.
import { createContext, useContext } from "react";
import type { Question } from "@/platform/app/app";

export type OpenDialog = "palette" | "shortcuts" | { signOut: Question } | null;

export const ShellContext = createContext<(dialog: OpenDialog) => void>(() => undefined);

export const useOpenDialog = () => useContext(ShellContext);
