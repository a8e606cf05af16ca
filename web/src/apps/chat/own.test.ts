import { expect, it } from "vitest";
import { ownPlace } from "./own";

// REQ UI-4
it("tells a conversation of this installation from everything else", () => {
  const own = (href: string) => ownPlace(href, "https://chat.example.org");
  expect(own("https://chat.example.org/o/acme/c/chn_1?at=20")).toEqual({
    path: "/o/acme/c/chn_1?at=20",
    channel: "chn_1",
  });
  expect(own("HTTPS://CHAT.example.org:443/o/acme/c/chn_1/")).toEqual({ path: "/o/acme/c/chn_1/", channel: "chn_1" });
  for (const elsewhere of [
    "http://chat.example.org/o/acme/c/chn_1",
    "https://chat.example.org:8443/o/acme/c/chn_1",
    "https://chat.example.org.evil.example/o/acme/c/chn_1",
    "https://chat.example.org@evil.example/o/acme/c/chn_1",
    "https://evil.example/https://chat.example.org/o/acme/c/chn_1",
    "https://chat.example.org/o/acme",
    "https://chat.example.org/o/acme/c/chn_1/export",
    "https://chat.example.org/api/v1/me",
    "mailto:ann@chat.example.org",
    "https://",
  ])
    expect(own(elsewhere), elsewhere).toBeNull();
});
