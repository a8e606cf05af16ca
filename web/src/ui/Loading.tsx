// A page that is still on its way. It has a heading, as every page.
import { t } from "@/lib/text";
import { Spinner } from "./Spinner";

export function LoadingPage() {
  return (
    <div role="status" className="flex h-full items-center justify-center text-ink-3">
      <h1 className="sr-only">{t.common.loading}</h1>
      <Spinner />
    </div>
  );
}
