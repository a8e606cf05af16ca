// Tokens of one's own, and the service accounts with theirs.
import { Bot, KeyRound } from "lucide-react";
import { t } from "@/lib/text";
import { lazyPage } from "../app/lazyPage";
import { definePage } from "../app/page";

export const tokensPage = definePage({
  area: "organisation",
  path: "tokens",
  title: t.tokens.title,
  icon: KeyRound,
  needs: "token.list",
  component: lazyPage(() => import("./TokensPage"), "TokensPage"),
});

export const serviceAccountsPage = definePage({
  area: "organisation",
  path: "service-accounts",
  title: t.tokens.serviceAccounts,
  icon: Bot,
  needs: "service_account.create",
  component: lazyPage(() => import("./ServiceAccountsPage"), "ServiceAccountsPage"),
});
