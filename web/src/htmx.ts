// htmx, for lists that filter in place and jobs that show their progress. Loaded by app.ts.
import htmx from "htmx.org";

// An answer that is not what was asked for (signed out, an error) is shown as a page of its own.
// A poll just asks again.
htmx.on("htmx:beforeSwap", (event) => {
  const { detail } = event as CustomEvent;
  if (detail.xhr.status < 400 && detail.xhr.responseText.includes(`id="${detail.target.id}"`)) return;
  detail.shouldSwap = false;
  if (!detail.elt.matches("[hx-trigger]")) window.location.assign(detail.pathInfo.finalRequestPath);
});
