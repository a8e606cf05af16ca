// Three dots, used wherever a row has more actions than fit.
import { Ellipsis } from "lucide-react";

export function MoreIcon() {
  return <Ellipsis size={16} aria-hidden="true" />;
}
