// A mask that is drawn on a picture: a canvas of the picture's own size lies over it and holds the strokes. Sent as a
// PNG that is opaque everywhere but where something was drawn, which is what an edit of an image takes.
// Without a pointer, four number fields (percent) draw a rectangle.

function maskCanvases(root) {
  const brushOf = (canvas) => {
    const share = Number(canvas.closest("form")?.querySelector("[data-mask-brush]")?.value ?? 12);
    return Math.max(2, (canvas.width * share) / 100);
  };
  const placeOn = (canvas, { clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) * canvas.width) / box.width, ((clientY - box.top) * canvas.height) / box.height];
  };
  const strokeTo = (canvas, from, to) => {
    const pen = canvas.getContext("2d");
    Object.assign(pen, { lineCap: "round", lineJoin: "round", lineWidth: brushOf(canvas), strokeStyle: "#4340c4" });
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
    canvas.dataset.drawn = "";
  };
  const clear = (canvas) => {
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    delete canvas.dataset.drawn;
  };
  function drawRectangle(form) {
    const canvas = form?.querySelector("canvas[data-mask]");
    if (!canvas) return;
    const [left, top, width, height] = ["left", "top", "width", "height"].map((side) =>
      Math.min(100, Math.max(0, Number(form.querySelector(`[data-mask-side=${side}]`).value) || 0)));
    clear(canvas);
    if (!width || !height) return;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#4340c4";
    pen.fillRect((left * canvas.width) / 100, (top * canvas.height) / 100, (width * canvas.width) / 100, (height * canvas.height) / 100);
    canvas.dataset.drawn = "";
  }

  let last = null;
  root.addEventListener("pointerdown", (event) => {
    if (!event.target.matches("canvas[data-mask]") || event.button !== 0) return;
    event.target.setPointerCapture(event.pointerId);
    last = placeOn(event.target, event);
    strokeTo(event.target, last, last);
  });
  root.addEventListener("pointermove", (event) => {
    if (last === null || !event.target.matches("canvas[data-mask]")) return;
    const place = placeOn(event.target, event);
    strokeTo(event.target, last, place);
    last = place;
  });
  for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, () => { last = null; });
  root.addEventListener("input", (event) => {
    if (event.target.matches("[data-mask-side]")) drawRectangle(event.target.form);
  });
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mask-clear]");
    if (!button) return;
    button.form.querySelectorAll("canvas[data-mask]").forEach(clear);
    button.form.querySelectorAll("[data-mask-side]").forEach((field) => { field.value = field.defaultValue; });
  });
}

// What was drawn outlives a redraw, also one that takes the canvas away for a while, as during an edit that then fails.
// Python knows nothing of it; without it, an edit would be paid for the whole picture. One is kept: that drawn last.
function keptMask() {
  let kept = null;
  const canvases = (page) => page.querySelectorAll("canvas[data-mask]");
  return {
    note: (page) => canvases(page).forEach((canvas) => {
      if (canvas.hasAttribute("data-drawn")) kept = canvas;
      else if (canvas.id === kept?.id) kept = null; // it was cleared
    }),
    restore: (page) => canvases(page).forEach((canvas) => {
      if (canvas.id !== kept?.id) return void delete canvas.dataset.drawn;
      if (canvas !== kept) canvas.getContext("2d").drawImage(kept, 0, 0);
      canvas.dataset.drawn = "";
      kept = canvas;
    }),
  };
}

// The masks of a form as [name, file] pairs; one on which nothing was drawn is none.
function masksIn(form) {
  return Promise.all([...form.querySelectorAll("canvas[data-mask][data-drawn]")].map(async (drawn) => {
    const mask = Object.assign(document.createElement("canvas"), { width: drawn.width, height: drawn.height });
    const pen = mask.getContext("2d");
    pen.fillRect(0, 0, mask.width, mask.height);
    pen.globalCompositeOperation = "destination-out";
    pen.drawImage(drawn, 0, 0);
    return [drawn.dataset.mask, await new Promise((made) => mask.toBlob(made, "image/png"))];
  }));
}
