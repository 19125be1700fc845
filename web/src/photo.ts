// A photo is shown before it is sent, and made smaller: a phone's picture is several megabytes, and its
// metadata tells where it was taken.

const longestSide = 1600;

/** Watches file inputs marked data-photo. */
export function watchPhotos(): void {
  if (!window.createImageBitmap) return;
  document.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    if (input.matches("[data-photo]") && input.files?.[0]) void shrink(input, input.files[0]);
  });
}

async function shrink(input: HTMLInputElement, file: File): Promise<void> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return; // not an image this browser can read: it is sent as it is, and the server judges it
  }
  const scale = Math.min(1, longestSide / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.className = "photo-preview";
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  input.parentElement?.querySelector(".photo-preview")?.remove();
  input.after(canvas);
  canvas.toBlob((blob) => {
    if (!blob || input.files?.[0] !== file) return;
    const smaller = new DataTransfer();
    smaller.items.add(new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }));
    input.files = smaller.files;
  }, "image/jpeg", 0.85);
}
