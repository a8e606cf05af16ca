// Signing out: the server ends the session, then everything this browser kept is cleared, and a full page load drops
// whatever is left in memory.
import { http } from "@/api/http";
import { socket } from "@/api/socket/socket";
import { clearStored, sealStored } from "@/lib/storage";

export async function signOut(): Promise<void> {
  await http.DELETE("/api/v1/session", { body: {} });
  socket.stop();
  sealStored();
  await clearStored();
  window.location.assign("/sign-in?reason=signed-out");
}
