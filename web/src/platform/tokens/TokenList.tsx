// The tokens of one member: what each is good for, when it was last used, and its end.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { explain } from "@/api/error";
import { http } from "@/api/http";
import type { Token } from "@/api/types";
import { t } from "@/lib/text";
import { ago, fullTime, shortDate } from "@/lib/time";
import { Badge, EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { SkeletonRows } from "@/ui/Spinner";
import { toast } from "@/ui/Toast";
import { tokensQuery } from "./queries";

export function TokenList({ org, member, empty }: { org: string; member: string; empty: string }) {
  const client = useQueryClient();
  const query = useQuery(tokensQuery(org, member));
  const [revoking, setRevoking] = useState<Token | null>(null);
  const revoke = async (token: Token) => {
    await http.DELETE("/api/v1/orgs/{org}/tokens/{token}", { params: { path: { org, token: token.id } }, body: {} });
    toast(t.tokens.revoked(token.name));
    await client.invalidateQueries({ queryKey: tokensQuery(org, member).queryKey });
  };
  if (query.isPending) return <SkeletonRows count={2} />;
  if (query.isError)
    return (
      <EmptyState
        title={t.errors.loadFailed}
        text={explain(query.error)}
        action={<Button onClick={() => query.refetch()}>{t.common.retry}</Button>}
      />
    );
  if (query.data.items.length === 0) return <p className="py-3 text-ink-3">{empty}</p>;
  return (
    <>
      <ul className="divide-y divide-line">
        {query.data.items.map((token) => (
          <li key={token.id} className="flex items-center gap-3 py-3">
            <div className="min-w-0 flex-1">
              <p className="flex min-w-0 items-center gap-2">
                <span className="truncate font-medium">{token.name}</span>
                <code className="shrink-0 text-ink-3 text-sm">{token.hint}</code>
                {hasExpired(token) && <Badge tone="warn">{t.tokens.expired}</Badge>}
              </p>
              <p className="truncate text-ink-2 text-sm">{token.scopes.map(t.tokens.scope).join(", ")}</p>
              <p className="truncate text-ink-3 text-sm" title={t.tokens.made(fullTime(token.createdAt))}>
                {token.lastUsedAt === null ? t.tokens.neverUsed : t.tokens.lastUsed(ago(token.lastUsedAt))}
                {" · "}
                {token.expiresAt === null ? t.tokens.noExpiry : t.tokens.expires(shortDate(token.expiresAt))}
              </p>
            </div>
            <Button size="small" aria-label={t.tokens.revokeOf(token.name)} onClick={() => setRevoking(token)}>
              {t.tokens.revoke}
            </Button>
          </li>
        ))}
      </ul>
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t.tokens.revokeTitle(revoking?.name ?? "")}
        text={t.tokens.revokeText}
        confirm={t.tokens.revoke}
        explain={explain}
        onConfirm={() => (revoking ? revoke(revoking) : Promise.resolve())}
      />
    </>
  );
}

const hasExpired = (token: Token) => token.expiresAt !== null && token.expiresAt <= Date.now() * 1000;
