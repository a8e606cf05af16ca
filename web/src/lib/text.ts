// Every text that people read, in one typed object, so that a translation is one more object of the same type.
import { admin } from "./text/admin";
import { chat } from "./text/chat";
import { common } from "./text/common";
import { session } from "./text/session";

export const t = { ...common, ...session, ...chat, ...admin };
