// What chat puts into the frame.
import type { AppParts } from "@/platform/app/app";
import { Conversations } from "./channel/ConversationList";
import { useTitle } from "./channel/useTitle";
import { useChatCommands } from "./commands";
import { useFound } from "./find";
import { ChatFrame, useUnsent } from "./frame";
import { useNotices } from "./notifications";
import { useCalls, useElsewhere } from "./read/elsewhere";

export const parts: AppParts = {
  Provider: ChatFrame,
  Navigation: Conversations,
  tabTitle: useTitle,
  badge: useCalls,
  commands: useChatCommands,
  find: useFound,
  notifications: useNotices,
  elsewhere: useElsewhere,
  beforeSignOut: useUnsent,
};
