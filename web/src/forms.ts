// Lists: filters that apply themselves, ticked rows. Forms: sent once.

/** Watches filter forms, bulk selection and double submits on the whole page. */
export function watchForms(): void {
  document.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    const filters = input.form;
    if (filters?.matches("[data-autosubmit]")) submit(filters);
    if (input.matches("[data-select-all]")) selectAll(input);
    if (input.matches(".table [type=checkbox]")) countSelected(input.closest(".list"));
  });
  document.addEventListener("submit", sendOnce);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form.is-busy")) form.classList.remove("is-busy");
  });
}

function submit(form: HTMLFormElement): void {
  if (form.requestSubmit) form.requestSubmit();
  else form.submit();
}

// A form that answers with a file leaves its page standing; after this long it may be sent again.
const busyMilliseconds = 8000;

/** Stops a second submit while the first is under way. The page that answers ends the wait. */
function sendOnce(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (!form.matches("[data-once]")) return;
  if (form.classList.contains("is-busy")) {
    event.preventDefault();
    return;
  }
  form.classList.add("is-busy");
  window.setTimeout(() => form.classList.remove("is-busy"), busyMilliseconds);
}

function selectAll(all: HTMLInputElement): void {
  for (const box of rowBoxes(all.closest(".list"))) box.checked = all.checked;
}

function countSelected(list: Element | null): void {
  const boxes = rowBoxes(list);
  const ticked = boxes.filter((box) => box.checked).length;
  const all = list?.querySelector<HTMLInputElement>("[data-select-all]");
  if (all) {
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  list?.querySelector(".bulk")?.classList.toggle("is-on", ticked > 0);
  const count = list?.querySelector("[data-bulk-count]");
  if (count) count.textContent = String(ticked);
}

function rowBoxes(list: Element | null): HTMLInputElement[] {
  return Array.from(list?.querySelectorAll<HTMLInputElement>("tbody [type=checkbox]") ?? []);
}
