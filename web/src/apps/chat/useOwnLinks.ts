// A link in a message that leads to a conversation of this installation opens it here, as the links beside it do.
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { isPlainClick } from "@/lib/click";
import { moveTo } from "@/lib/typeahead";
import { ownPlace } from "./own";

export function useOwnLinks(current: string | undefined): void {
  const { history } = useRouter();
  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      if (!isPlainClick(event) || event.defaultPrevented || !(event.target instanceof Element)) return;
      const link = event.target.closest<HTMLAnchorElement>(".prose a[href]");
      const own = link && ownPlace(link.href);
      if (!own) return;
      event.preventDefault();
      if (own.channel !== current) moveTo(own.channel);
      // A visit of its own every time: asked to go to the address that it is at, the router would stay where it is.
      history.push(own.path);
    };
    document.addEventListener("click", onClick);
    return () => document.removeEventListener("click", onClick);
  }, [history, current]);
}
