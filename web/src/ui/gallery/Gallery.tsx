// Every primitive in every state, in both themes, side by side: the page to look at before a new one is made. It is no part
// of a production build (shell/router.tsx).
import { Bell, Hash, Pencil, Plus, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { t } from "@/lib/text";
import { Banner } from "../Banner";
import { Avatar, Badge, EmptyState, Kbd, Page, PageStart } from "../Bits";
import { Button, IconButton } from "../Button";
import { CommandBox } from "../CommandBox";
import { Confirm, Dialog } from "../Dialog";
import { CrashNote, ErrorBoundary } from "../ErrorBoundary";
import { Select, TextField } from "../Field";
import { LoadingPage } from "../Loading";
import { Menu, Popover } from "../Menu";
import { ROW } from "../row";
import { Skeleton, SkeletonRows, Spinner } from "../Spinner";
import { Table } from "../Table";
import { Toasts, toast } from "../Toast";
import { Tip, TooltipProvider } from "../Tooltip";

const LONG = "A name that is much longer than anybody would think possible";

export function Gallery() {
  return (
    <main id="page" tabIndex={-1} className="grid h-full grid-cols-1 overflow-y-auto outline-none xl:grid-cols-2">
      <h1 className="sr-only">Gallery</h1>
      {(["light", "dark"] as const).map((theme) => (
        <section
          key={theme}
          aria-label={theme}
          className={`${theme === "light" ? "scheme-light" : "scheme-dark"} bg-canvas p-6 text-ink`}
        >
          <h2 className="mb-4 font-semibold text-lg">{theme === "light" ? "Light" : "Dark"}</h2>
          <Primitives />
        </section>
      ))}
      <Toasts />
    </main>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="mb-6 border-line border-t pt-3">
      <h3 className="mb-3 font-medium text-ink-3 text-xs">{name}</h3>
      <div className="flex flex-wrap items-start gap-3">{children}</div>
    </section>
  );
}

const KINDS = ["primary", "plain", "quiet", "danger"] as const;

function Primitives() {
  return (
    <>
      <Part name="Type">
        {["text-xs", "text-sm", "text-base", "text-md", "text-lg", "text-xl"].map((size) => (
          <span key={size} className={size}>
            {size}
          </span>
        ))}
        <span className="text-ink">ink</span>
        <span className="text-ink-2">ink-2</span>
        <span className="text-ink-3">ink-3</span>
        <span className="text-accent">accent</span>
        <span className="text-danger">danger</span>
        <span className="text-warn">warn</span>
      </Part>
      <Part name="Surfaces">
        {["bg-canvas", "bg-panel", "bg-raised shadow-lift", "bg-hover", "bg-active"].map((surface) => (
          <span key={surface} className={`rounded-md border border-line px-3 py-2 ${surface}`}>
            {surface}
          </span>
        ))}
      </Part>
      <Part name="Button">
        {KINDS.map((kind) => (
          <div key={kind} className="flex flex-col gap-2">
            <Button kind={kind}>Save changes</Button>
            <Button kind={kind} size="small">
              Small
            </Button>
            <Button kind={kind} size="large">
              <Plus size={15} aria-hidden="true" /> Large
            </Button>
            <Button kind={kind} busy>
              Saving
            </Button>
            <Button kind={kind} disabled>
              Disabled
            </Button>
          </div>
        ))}
        <IconButton label="Edit" icon={<Pencil size={16} aria-hidden="true" />} />
        <IconButton small label="Edit, small" icon={<Pencil size={15} aria-hidden="true" />} />
        <IconButton disabled label="Edit, disabled" icon={<Pencil size={16} aria-hidden="true" />} />
      </Part>
      <Part name="Fields">
        <div className="grid w-full grid-cols-2 gap-3">
          <TextField label="Name" defaultValue="Mara Lindqvist" />
          <TextField label="Empty" placeholder="lower-case, without spaces" hint="Everybody sees it." />
          <TextField label="With a problem" defaultValue="Launch Planning" problem="Use lower case." />
          <TextField label="Read only" defaultValue="mara@example.org" readOnly />
          <Select label="Choice" options={[{ value: "a", label: "Editor" }]} />
          <Select label="Disabled" disabled options={[{ value: "a", label: "Owner" }]} />
          <Select label="With a problem" problem="Choose one." options={[{ value: "a", label: "Nobody" }]} />
          <Select label="Quiet" quiet options={[{ value: "a", label: "Viewer" }]} />
        </div>
      </Part>
      <Part name="Avatar, badge, key">
        {([18, 24, 32, 36, 64] as const).map((size) => (
          <Avatar key={size} id={`mem_${size}`} name="Aiko Tanaka" size={size} />
        ))}
        {(["neutral", "accent", "danger", "warn", "mention"] as const).map((tone) => (
          <Badge key={tone} tone={tone}>
            {tone}
          </Badge>
        ))}
        <Badge tone="mention" label="99 or more">
          99+
        </Badge>
        <Kbd>Ctrl</Kbd>
        <Kbd>K</Kbd>
      </Part>
      <Part name="Banner">
        <div className="flex w-full flex-col gap-2">
          {(["neutral", "accent", "warn", "danger"] as const).map((tone) => (
            <Banner key={tone} tone={tone} action={<Button size="small">Try again</Button>}>
              The server cannot be reached. Check your connection.
            </Banner>
          ))}
        </div>
      </Part>
      <Part name="Row of a sidebar">
        <ul className="w-64 rounded-md bg-panel p-2">
          {["general", "design", LONG].map((name, index) => (
            <li key={name}>
              <a href="#page" aria-current={index === 1 ? "page" : undefined} className={ROW}>
                <Hash size={15} aria-hidden="true" />
                <span className="min-w-0 flex-1 truncate">{name}</span>
                {index === 2 && <Badge>12</Badge>}
              </a>
            </li>
          ))}
        </ul>
      </Part>
      <Part name="Table">
        <Table
          label="People"
          rows={[
            { id: "1", name: "Aiko Tanaka", role: "Editor" },
            { id: "2", name: LONG, role: "Owner" },
          ]}
          rowKey={(row) => row.id}
          columns={[
            { key: "name", title: "Name", cell: (row) => row.name },
            { key: "role", title: "Role", phone: "corner", cell: (row) => <Badge>{row.role}</Badge> },
          ]}
        />
      </Part>
      <Part name="Empty, waiting, failed">
        <EmptyState
          icon={<Bell size={28} aria-hidden="true" />}
          title="Nothing is waiting for you"
          text="What calls you appears here."
          action={<Button kind="primary">Invite people</Button>}
        />
        <div className="w-64">
          <SkeletonRows count={3} avatar />
        </div>
        <Skeleton className="h-3 w-28" />
        <Spinner />
        <div className="h-24 w-40 border border-line">
          <LoadingPage />
        </div>
        <div className="w-full">
          <CrashNote level="widget" requestId="req_0123" onRetry={() => undefined} />
        </div>
        <ErrorBoundary level="widget">
          <Broken />
        </ErrorBoundary>
      </Part>
      <Part name="Page">
        <div className="h-44 w-full border border-line">
          <PageStart value={<Hash size={18} aria-hidden="true" />}>
            <Page title={LONG} lead="What this page is for, in one sentence." actions={<Button>Act</Button>}>
              Content
            </Page>
          </PageStart>
        </div>
      </Part>
      <Part name="What opens">
        <Overlays />
      </Part>
    </>
  );
}

function Broken(): ReactNode {
  throw new Error("shown by its boundary");
}

/** They stand at the end of the page, and so in the theme of the whole: change the system's to see the other one. */
function Overlays() {
  const [open, setOpen] = useState<"dialog" | "confirm" | "commands" | "popover" | null>(null);
  const [query, setQuery] = useState("");
  const close = () => setOpen(null);
  return (
    <TooltipProvider>
      <Menu
        trigger={<Button>Menu</Button>}
        items={[
          [
            { label: "Edit", icon: <Pencil size={15} />, keys: "E", onSelect: () => undefined },
            { label: "Chosen", checked: true, onSelect: () => undefined },
          ],
          [{ label: "Delete", icon: <Trash2 size={15} />, danger: true, keys: "Del", onSelect: () => undefined }],
        ]}
      />
      <Popover
        label="Popover"
        open={open === "popover"}
        onOpenChange={(next) => setOpen(next ? "popover" : null)}
        trigger={<Button>Popover</Button>}
      >
        <p className="w-56 p-2">Whatever is richer than a list of actions.</p>
      </Popover>
      <Tip text="A short hint">
        <Button>Tooltip</Button>
      </Tip>
      <Button onClick={() => setOpen("dialog")}>Dialog</Button>
      <Button onClick={() => setOpen("confirm")}>Question</Button>
      <Button onClick={() => setOpen("commands")}>Palette</Button>
      <Button onClick={() => toast("Saved", { undo: () => undefined })}>Toast with undo</Button>
      <Button onClick={() => toast("It was not saved.", { tone: "danger", detail: "req_0123" })}>Failed toast</Button>
      <Dialog open={open === "dialog"} onClose={close} title="Create a channel" description="For one subject.">
        <TextField label="Name" />
      </Dialog>
      <Confirm
        open={open === "confirm"}
        onClose={close}
        title="Delete 3 messages?"
        text="Nobody can read them any more. This cannot be undone."
        confirm="Delete"
        explain={String}
        onConfirm={() => Promise.reject("It was refused.")}
      />
      {open === "commands" && (
        <CommandBox
          title="Commands"
          placeholder="Type a command"
          empty="Nothing matches"
          hint={t.palette.hint}
          query={query}
          onQuery={setQuery}
          onClose={close}
          groups={[
            {
              title: "Commands",
              items: [
                { key: "1", label: "New channel", icon: <Plus size={16} />, caps: ["Ctrl", "N"], onSelect: close },
              ],
            },
          ]}
        />
      )}
    </TooltipProvider>
  );
}
