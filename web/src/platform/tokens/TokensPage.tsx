// One's own tokens in this organisation: what programs may do in one's name.
import { useState } from "react";
import { t } from "@/lib/text";
import { Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { useMembership } from "../me/org";
import { NewTokenDialog } from "./NewTokenDialog";
import { TokenList } from "./TokenList";

export function TokensPage() {
  const { org, member } = useMembership();
  const [making, setMaking] = useState(false);
  return (
    <Page
      title={t.tokens.title}
      lead={t.tokens.lead(org.name)}
      actions={
        <Button kind="primary" onClick={() => setMaking(true)}>
          {t.tokens.new}
        </Button>
      }
    >
      <TokenList org={org.id} member={member.id} empty={t.tokens.none} />
      {making && (
        <NewTokenDialog org={org.id} member={member.id} title={t.tokens.new} onClose={() => setMaking(false)} />
      )}
    </Page>
  );
}
