// Starts the application.
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { onSessionEnded, onTokenRefused, sessionEnded } from "@/api/http";
import { makeQueryClient } from "@/api/query";
import { socket } from "@/api/socket/socket";
import { shieldComposition } from "@/lib/composition";
import { refuseFiles } from "@/lib/drop";
import { onCleared } from "@/lib/storage";
import { meQuery } from "@/platform/me/queries";
import { endSession, forgetAll, leavePage } from "@/platform/session/scope";
import { makeRouter } from "@/shell/router";
import "./index.css";

async function start(): Promise<void> {
  // A stand-in for the server, for looking at the interface without one. Not part of a production build.
  if (import.meta.env.MODE === "fake") (await import("@/testing/fake")).install();

  shieldComposition();
  refuseFiles();
  const client = makeQueryClient();
  const router = makeRouter(client);

  onSessionEnded(() => {
    // Before there was a session, the router's own guard leads to the sign-in.
    if (!client.getQueryData(meQuery.queryKey)) return;
    endSession(client);
    const next = router.state.location.href;
    void router.navigate({ to: "/sign-in", search: { reason: "ended", next } }).then(() => forgetAll(client));
  });
  onTokenRefused(() => void client.refetchQueries({ queryKey: meQuery.queryKey }));
  onCleared(() => leavePage(client, "/sign-in?reason=signed-out"));
  socket.listen({
    ended: sessionEnded,
    // What failed while there was no connection is tried again now that there is one.
    opened: () => void client.refetchQueries({ type: "active", predicate: (query) => query.state.status === "error" }),
    probe: () => void client.refetchQueries({ queryKey: meQuery.queryKey }),
  });

  const root = document.getElementById("root");
  if (!root) return;
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

void start();
