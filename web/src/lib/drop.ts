// Files that are dropped where nothing takes them.

/** A file that is dropped on the page would open in the application's place. Once per page. */
export function refuseFiles(target: Window = window): void {
  const refuse = (event: DragEvent) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  };
  target.addEventListener("dragover", refuse);
  target.addEventListener("drop", refuse);
}
