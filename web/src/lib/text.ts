// The texts that are not an app's own, in one typed object, so that a translation is one more object of the same type.
import { admin } from "./text/admin";
import { common } from "./text/common";
import { session } from "./text/session";
import { tokens } from "./text/tokens";

export const t = { ...common, ...session, ...admin, ...tokens };
