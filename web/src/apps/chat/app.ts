// Team chat, as the shell knows it: addresses, and where the rest of it is.
import { createRoute } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { defineApp } from "@/platform/app/app";
import { lazyPage } from "@/platform/app/lazyPage";
import { orgRoute } from "@/platform/app/routes";

const home = createRoute({
  getParentRoute: () => orgRoute,
  path: "/",
  component: lazyPage(() => import("./pages"), "HomePage"),
});

const channel = createRoute({
  getParentRoute: () => orgRoute,
  path: "/c/$channel",
  validateSearch: (search: Record<string, unknown>): { at?: number } => {
    const at = Number(search.at);
    return Number.isInteger(at) && at > 0 ? { at } : {};
  },
  component: lazyPage(() => import("./pages"), "ChannelPage"),
});

const browse = createRoute({
  getParentRoute: () => orgRoute,
  path: "/channels",
  component: lazyPage(() => import("./pages"), "BrowsePage"),
});

export const chat = defineApp({
  id: "chat",
  title: "Chat",
  icon: MessagesSquare,
  home: "",
  routes: [home, channel, browse],
  load: async () => (await import("./parts")).parts,
});
