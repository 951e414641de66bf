// Pan and zoom of the drawing inside its frame: the frame scrolls, the drawing changes its size.
const NEAREST = 2.5;
const LEGIBLE = 0.88; // the first view keeps labels readable rather than showing everything

export function enableMoves(view) {
  const drawing = view.querySelector("svg");
  const [, , width, height] = drawing.getAttribute("viewBox").split(" ").map(Number);
  let scale = 1;
  let drag = null;
  let dragged = false;

  const whole = () => Math.min(view.clientWidth / width, view.clientHeight / height, 1);

  // The point of the drawing under (x, y) of the frame stays where it is.
  function zoomTo(wanted, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const next = Math.max(whole(), Math.min(NEAREST, wanted));
    const [left, top] = [(view.scrollLeft + x) / scale, (view.scrollTop + y) / scale];
    scale = next;
    drawing.style.width = `${width * scale}px`;
    drawing.style.height = `${height * scale}px`;
    view.scrollLeft = left * scale - x;
    view.scrollTop = top * scale - y;
  }

  function place(stop) {
    const ground = stop.querySelector(".ground");
    return [Number(ground.getAttribute("cx")), Number(ground.getAttribute("cy"))];
  }

  function center(stop) {
    const [x, y] = place(stop);
    view.scrollLeft = x * scale - view.clientWidth / 2;
    view.scrollTop = y * scale - view.clientHeight / 2;
  }

  // Scroll no further than is needed to see a station with its label and its neighbours.
  function reveal(stop) {
    const [x, y] = place(stop).map((value) => value * scale);
    const [aside, around] = [Math.min(140, view.clientWidth / 3), Math.min(90, view.clientHeight / 3)];
    view.scrollLeft = Math.max(Math.min(view.scrollLeft, x - aside), x + aside - view.clientWidth);
    view.scrollTop = Math.max(Math.min(view.scrollTop, y - around), y + around - view.clientHeight);
  }

  view.addEventListener(
    "wheel",
    (event) => {
      if (event.shiftKey) return;
      // At the end of its range the wheel scrolls the page again: nobody is caught in the map.
      const isOut = event.deltaY > 0;
      if (!event.ctrlKey && isOut && scale <= whole() + 0.001) return;
      event.preventDefault();
      const frame = view.getBoundingClientRect();
      const step = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.0016));
      zoomTo(scale * step, event.clientX - frame.left, event.clientY - frame.top);
    },
    { passive: false },
  );

  // A mouse drags; fingers scroll by themselves.
  view.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    drag = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop };
  });
  window.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!dragged && Math.hypot(dx, dy) < 5) return;
    dragged = true;
    view.classList.add("dragging");
    view.scrollLeft = drag.left - dx;
    view.scrollTop = drag.top - dy;
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) {
    window.addEventListener(end, () => {
      drag = null;
      view.classList.remove("dragging");
    });
  }
  view.addEventListener("dragstart", (event) => event.preventDefault());

  // Two fingers pinch.
  let pinch = null;
  const span = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  view.addEventListener("touchstart", (event) => {
    pinch = event.touches.length === 2 ? { span: span(event.touches), scale } : null;
  });
  view.addEventListener(
    "touchmove",
    (event) => {
      if (!pinch || event.touches.length !== 2) return;
      event.preventDefault();
      const frame = view.getBoundingClientRect();
      const [a, b] = event.touches;
      const [x, y] = [(a.clientX + b.clientX) / 2 - frame.left, (a.clientY + b.clientY) / 2 - frame.top];
      zoomTo((pinch.scale * span(event.touches)) / pinch.span, x, y);
    },
    { passive: false },
  );

  return {
    place,
    center,
    reveal,
    wasDragged: () => dragged,
    zoomBy: (factor) => zoomTo(scale * factor),
    fit: () => zoomTo(0),
    begin(stop) {
      zoomTo(Math.max(LEGIBLE, Math.min(1, view.clientHeight / height)));
      center(stop);
    },
  };
}
