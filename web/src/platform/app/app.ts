// An app as data. The shell knows apps by this alone, and by one list (shell/apps.ts): whatever an app adds to addresses,
// navigation, palette, keys, settings and inbox, it adds here.
import { type AnyRoute, useRouter } from "@tanstack/react-router";
import type { LucideIcon } from "lucide-react";
import { type ComponentType, createContext, type ReactNode, useContext } from "react";
import type { CommandGroup } from "@/ui/CommandBox";
import type { Scope } from "./commands";
import type { AppPage } from "./page";
import type { RouterContext } from "./routes";

export interface App {
  id: string;
  title: string;
  icon: LucideIcon;
  /** Where it begins, below an organisation's address; the first app begins at that address itself. */
  home: "" | `/${string}`;
  /** Children of `orgRoute`. */
  routes: readonly AnyRoute[];
  /** Pages that belong into the settings of a person, an organisation or the installation. */
  settings?: readonly AppPage[];
  /** What it puts into the frame; fetched with the frame, not before. */
  load: () => Promise<AppParts>;
}

export interface AppParts {
  /** Around everything in the organisation, for as long as the session lasts. */
  Provider: ComponentType<{ children: ReactNode }>;
  /** The middle of the sidebar while one is in this app. */
  Navigation: ComponentType;

  // What follows are hooks: the frame calls them while it renders, always the same ones in the same order.
  /** What stands in the tab's title; null: the page's own. */
  tabTitle?: () => string | null;
  /** How many things call the person. */
  badge?: () => number;
  /** What can be done from everywhere in the organisation. */
  commands?: () => Scope;
  /** What the palette finds, best first. Nothing typed: what one is most likely to want. */
  find?: (typed: string) => readonly CommandGroup[];
  /** What calls the person here, one entry for each place to go to. */
  notifications?: () => readonly Notice[];
  /** What calls the person in organisations that are not on the screen. */
  elsewhere?: () => Elsewhere;

  /** What signing out would discard, asked before it does; null: nothing. */
  beforeSignOut?: () => () => Question | null;
}

export interface Question {
  title: string;
  text: string;
}

export interface Notice {
  id: string;
  title: string;
  /** How `count` is said. */
  text: string;
  count: number;
  icon: ReactNode;
  at: number;
  open: () => void;
}

export interface Elsewhere {
  /** By organisation: how many things call, and whether there is anything new at all. */
  waiting: ReadonlyMap<string, { calls: number; some: boolean }>;
  /** Somebody is about to look. */
  refresh: () => void;
}

/** Keeps the types of the routes, by which links are checked. */
export const defineApp = <const Routes extends readonly AnyRoute[]>(app: Omit<App, "routes"> & { routes: Routes }) =>
  app;

export type LoadedApp = App & AppParts;

export const loadApps = (apps: readonly App[]): Promise<LoadedApp[]> =>
  Promise.all(apps.map(async (app) => ({ ...app, ...(await app.load()) })));

/** The apps with what they put into the frame, for everything inside it. */
export const AppsContext = createContext<readonly LoadedApp[]>([]);

export const useApps = () => useContext(AppsContext);

/** Which pages there are, apps' settings included. */
export function usePages(): readonly AppPage[] {
  const { pages }: RouterContext = useRouter().options.context;
  return pages;
}
