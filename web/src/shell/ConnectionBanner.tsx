// Says when the connection is gone, and that nothing typed is lost. A short hiccup is not worth a word.
import { useEffect, useState, useSyncExternalStore } from "react";
import { socket } from "@/api/socket/socket";
import { t } from "@/lib/text";

export function ConnectionBanner() {
  const connection = useSyncExternalStore(socket.onConnection, () => socket.connection);
  const [shown, setShown] = useState(false);
  const troubled = connection === "offline" || connection === "reconnecting";
  useEffect(() => {
    const timer = setTimeout(() => setShown(troubled), connection === "reconnecting" ? 2000 : 0);
    return () => clearTimeout(timer);
  }, [troubled, connection]);
  const text = connection === "offline" ? t.connection.offline : t.connection.reconnecting;
  return (
    <div role="status">
      {shown && troubled && (
        <div className="flex items-center justify-center gap-3 bg-warn-soft px-4 py-1.5 text-sm text-warn">
          <span>{text}</span>
          {connection === "reconnecting" && (
            <button
              type="button"
              onClick={() => socket.retryNow()}
              className="shrink-0 rounded-sm font-medium underline underline-offset-2"
            >
              {t.connection.retry}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
