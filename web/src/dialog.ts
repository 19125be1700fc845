// Turns <details data-dialog> into a modal dialog. Without script it unfolds in place.

/** Opens the panel of a clicked summary as a modal dialog. */
export function watchDialogs(): void {
  if (!window.HTMLDialogElement) return;
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const details = target.closest("summary")?.parentElement;
    if (details?.matches("[data-dialog]")) {
      event.preventDefault();
      openDialog(details);
    }
    if (target.closest("[data-close]") || target.matches("dialog.modal")) {
      target.closest("dialog")?.close();
    }
  });
}

/** Lends the panel to a dialog and takes it back on closing. */
function openDialog(details: Element): void {
  const panel = details.querySelector(".ask-panel");
  if (!panel) return;
  const dialog = document.createElement("dialog");
  dialog.className = "modal";
  dialog.setAttribute("aria-labelledby", panel.getAttribute("aria-labelledby") ?? "");
  dialog.append(panel);
  dialog.addEventListener("close", () => {
    details.append(panel);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
