// A member's tokens, and the scopes that a new one can have.
import { queryOptions } from "@tanstack/react-query";
import { body, http } from "@/api/http";

export const tokensQuery = (org: string, member: string) =>
  queryOptions({
    queryKey: ["org", org, "tokens", member],
    queryFn: ({ signal }) =>
      body(http.GET("/api/v1/orgs/{org}/members/{member}/tokens", { params: { path: { org, member } }, signal })),
    staleTime: 0,
  });
