// Texts of tokens and service accounts.
const AREAS: Readonly<Record<string, string>> = {
  audit: "Audit log",
  chat: "Chat",
  invitation: "Invitations",
  member: "Members",
  org: "Organisation",
};
const ACCESS = { none: "No access", read: "Read", write: "Read and write" } as const;
const area = (id: string) => AREAS[id] ?? id;

export const tokens = {
  tokens: {
    title: "Access tokens",
    lead: (org: string) =>
      `With a token a program acts as you in ${org}, within what you allow it here. It never may more than you may.`,
    new: "New token",
    newFor: (name: string) => `New token for ${name}`,
    newText: "Give it as little as it needs.",
    none: "You have no tokens. Make one for a script or an integration of your own.",
    noneOfAccount: "No tokens yet: until it has one, nothing can act as it.",
    name: "Name",
    nameExample: "Nightly export",
    scopes: "Access",
    noScopes: "Choose at least one.",
    area,
    access: ACCESS,
    accessTo: (name: string) => `Access to ${name}`,
    scope: (scope: string) => {
      const [id = "", access] = scope.split(":");
      return `${area(id)}: ${access === "write" ? "read and write" : "read"}`;
    },
    lifetime: "Expires",
    days: (days: string) => (days === "" ? "Never" : days === "365" ? "After a year" : `After ${days} days`),
    make: "Create token",
    secret: "Token",
    secretText: (name: string) => `"${name}" is ready. Copy it now: it is not shown again.`,
    secretHint: "Send it as Authorization: Bearer, and keep it where you keep passwords.",
    copy: "Copy token",
    copied: "Token copied",
    copyFailed: "Your browser did not let it be copied. Select it and copy it by hand.",
    made: (when: string) => `Made ${when}`,
    neverUsed: "Never used",
    lastUsed: (when: string) => `Last used ${when}`,
    expires: (when: string) => `Expires ${when}`,
    noExpiry: "Does not expire",
    expired: "Expired",
    revoke: "Revoke",
    revokeOf: (name: string) => `Revoke ${name}`,
    revokeTitle: (name: string) => `Revoke ${name}?`,
    revokeText: "Whatever uses it stops working at once. This cannot be undone; you can make a new token.",
    revoked: (name: string) => `${name} is revoked`,
    serviceAccounts: "Service accounts",
    accountsLead: "Members that programs act as: bots and integrations that belong to no single person.",
    noAccounts: "No service accounts yet",
    noAccountsText: "Make one for a bot or an integration. It gets a role like everybody, and acts by tokens.",
    newAccount: "New service account",
    newAccountText: "A member without a password. It acts by the tokens that you make for it.",
    accountName: "Name",
    accountExample: "Deploy bot",
    handle: "Handle",
    handleExample: "deploy-bot",
    createAccount: "Create service account",
    accountMade: (name: string) => `${name} is ready. Make a token for it next.`,
    accountRemoved: (name: string) => `${name} is removed`,
    removeText: "Its tokens stop working at once. What it wrote stays.",
    memberNote: (handle: string) => `@${handle} · service account`,
  },
};
