// What can be done from everywhere: go to a page, change the theme, see the keys, sign out.
import { useNavigate } from "@tanstack/react-router";
import { Keyboard, LogOut, Monitor, Moon, Search, Server, Sun } from "lucide-react";
import { t } from "@/lib/text";
import { setTheme, type Theme } from "@/lib/theme";
import { useApps, usePages } from "@/platform/app/app";
import { type Command, type Scope, useCommands } from "@/platform/app/commands";
import { type AppPage, addressOf, pagesFor } from "@/platform/app/page";
import { useMembership } from "@/platform/me/org";
import { useMe } from "@/platform/me/queries";
import { useOpenDialog } from "./shellContext";
import { useSignOut } from "./useSignOut";

/** Puts the commands of the shell and of every app on the stack. */
export function Commands() {
  useCommands(useShellCommands());
  return useApps().map((app) => app.commands && <AppCommands key={app.id} commands={app.commands} />);
}

function AppCommands({ commands }: { commands: () => Scope }) {
  useCommands(commands());
  return null;
}

function useShellCommands(): Scope {
  const navigate = useNavigate();
  const me = useMe();
  const membership = useMembership();
  const pages = usePages();
  const open = useOpenDialog();
  const leave = useSignOut();
  const toPage = (page: AppPage): Command => ({
    id: `page.${page.area}.${page.path}`,
    title: page.title,
    icon: <page.icon size={16} />,
    run: () => void navigate({ href: addressOf(page, membership.org.slug) }),
  });
  const toTheme = (theme: Theme, title: string, icon: Command["icon"]): Command => ({
    id: `theme.${theme}`,
    title,
    icon,
    run: () => setTheme(theme),
  });
  return {
    level: "shell",
    title: t.shortcuts.everywhere,
    commands: [
      {
        id: "palette.open",
        title: t.shortcuts.palette,
        icon: <Search size={16} />,
        keys: ["Mod+K"],
        only: "keys",
        run: () => open("palette"),
      },
      ...pagesFor(pages, "organisation", me, membership).map(toPage),
      {
        id: "installation.open",
        title: t.shell.installation,
        icon: <Server size={16} />,
        when: () => me.superAdmin,
        run: () => void navigate({ to: "/installation" }),
      },
      ...pagesFor(pages, "personal", me, membership).map(toPage),
      toTheme("light", t.shell.themeLight, <Sun size={16} />),
      toTheme("dark", t.shell.themeDark, <Moon size={16} />),
      toTheme("system", t.shell.themeSystem, <Monitor size={16} />),
      {
        id: "shortcuts.open",
        title: t.shell.shortcuts,
        icon: <Keyboard size={16} />,
        keys: ["?"],
        run: () => open("shortcuts"),
      },
      { id: "session.end", title: t.shell.signOut, icon: <LogOut size={16} />, run: leave },
    ],
  };
}
