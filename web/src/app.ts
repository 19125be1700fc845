// What every page loads: small comforts. Every page works without it.
import { watchDialogs } from "./dialog";
import { watchForms } from "./forms";
import { watchPhotos } from "./photo";

document.documentElement.classList.add("js");

watchForms();
watchDialogs();
watchPhotos();

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  closeMenus(target);
  const close = target.closest("[data-dismiss]");
  if (close) {
    event.preventDefault();
    close.closest(".notice")?.remove();
  }
  if (target.closest("[data-print]")) window.print();
  const copy = target.closest<HTMLElement>("[data-copy]");
  if (copy) void copyText(copy);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
});

/** Closes the open menus that do not hold the clicked element. */
function closeMenus(except?: Element): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>(".me[open], .bottom-more[open]")) {
    if (!except || !menu.contains(except)) menu.open = false;
  }
}

async function copyText(button: HTMLElement): Promise<void> {
  const source = document.querySelector(button.dataset.copy ?? "");
  if (!source) return;
  await navigator.clipboard.writeText((source.textContent ?? "").trim());
  if (button.dataset.copied) button.textContent = button.dataset.copied;
}

document.querySelector<HTMLElement>("[data-focus]")?.focus();

// htmx is ten times this script's size, so only the pages that use it pay for it. It starts by itself only
// in a page that is complete or still loading, so it waits for the end of loading.
const htmxAddress = (document.currentScript as HTMLScriptElement).dataset.htmx;
if (htmxAddress && document.querySelector("[hx-get]")) {
  window.addEventListener("load", () => {
    const script = document.createElement("script");
    script.src = htmxAddress;
    document.head.append(script);
  });
}
