// Creating a channel: a name, perhaps a topic, and who can see it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblem } from "@/api/error";
import { t } from "@/apps/chat/text";
import { useForm } from "@/platform/form";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/Field";
import { useChat } from "../context";
import { createChannel } from "./change";

/** As channel names are written: lower case, dashes for spaces. */
const tidyName = (typed: string): string =>
  typed
    .toLowerCase()
    .replace(/\s+/g, "-")
    .replace(/[^\p{L}\p{N}_-]/gu, "");

export function CreateChannel({ onClose, onCreated }: { onClose: () => void; onCreated: (channel: string) => void }) {
  const { org } = useChat();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const [kind, setKind] = useState<"public" | "private">("public");
  const create = useMutation({
    mutationFn: () => createChannel(client, org, { name, topic: topic.trim(), kind }),
    onSuccess: (channel) => {
      onClose();
      onCreated(channel.id);
    },
  });
  const form = useForm({ name: { label: t.channel.name, value: name } }, create.error);
  const submit = () => {
    if (form.complete()) create.mutate();
  };
  return (
    <Dialog open onClose={onClose} title={t.channel.createTitle}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {form.summary && <Banner tone="danger">{form.summary}</Banner>}
        <TextField
          label={t.channel.name}
          hint={t.channel.nameHint}
          value={name}
          onChange={(event) => setName(tidyName(event.target.value))}
          problem={form.problem("name")}
          autoFocus
          required
        />
        <TextField
          label={t.channel.topic}
          placeholder={t.channel.topicHint}
          value={topic}
          onChange={(event) => setTopic(event.target.value)}
          problem={fieldProblem(create.error, "topic")}
        />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 font-medium text-sm">{t.channel.kind}</legend>
          {(["public", "private"] as const).map((value) => (
            <label
              key={value}
              className="flex items-start gap-2.5 rounded-md border border-line p-2.5 has-checked:border-accent"
            >
              <input
                type="radio"
                name="kind"
                value={value}
                checked={kind === value}
                onChange={() => setKind(value)}
                className="mt-1 accent-(--accent-solid)"
              />
              <span>
                <span className="block font-medium">
                  {value === "public" ? t.channel.kindPublic : t.channel.kindPrivate}
                </span>
                <span className="text-ink-2 text-sm">
                  {value === "public" ? t.channel.publicText : t.channel.privateText}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            {t.channel.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
