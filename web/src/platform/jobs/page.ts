// Work that outlives a request: what waits, what runs, and what has failed.
import { ListTodo } from "lucide-react";
import { t } from "@/lib/text";
import { lazyPage } from "../app/lazyPage";
import { definePage } from "../app/page";

export const jobsPage = definePage({
  area: "installation",
  path: "jobs",
  title: t.jobs.title,
  icon: ListTodo,
  component: lazyPage(() => import("./JobsPage"), "JobsPage"),
});
