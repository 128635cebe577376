// The page's half of an explorable. It knows no mathematics: controls are native form elements made from the model's
// list, pictures come from Python as SVG, and everything that the reader does goes to Python as one event.

const FRAME = 50; // milliseconds: at most twenty pictures a second
const CALM = 1000; // a step of an animation for readers who asked for less motion
const PATIENCE = 700; // before the page says that it waits

// JupyterLab takes arrows and letters for its own commands, unless the element that has the focus says otherwise.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

const set = (node, attributes) => {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
};

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  set(made, attributes);
  made.append(...children);
  return made;
};

const decimals = (step) => (String(step).split(".")[1] || "").length;
const written = (value, step) => value.toFixed(decimals(step)).replace("-", "−");

function slider({ name, label, low, high, step, value }, id, changed) {
  const input = element("input", { type: "range", id, min: low, max: high, step, name, ...OWN_KEYS });
  const output = element("output", { for: id });
  const show = (number) => {
    output.textContent = written(number, step);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    show(input.valueAsNumber);
    changed(input.valueAsNumber);
  });
  const put = (number) => {
    input.value = number;
    show(number);
  };
  put(value);
  return { node: element("div", { class: "mlplab-control" }, element("label", { for: id }, label), input, output), put };
}

function choice({ name, label, options, value }, id, changed) {
  const select = element("select", { id, name, ...OWN_KEYS }, ...options.map((option) => new Option(option, option)));
  select.addEventListener("change", () => changed(options[select.selectedIndex]));
  const put = (option) => {
    select.selectedIndex = options.indexOf(option);
  };
  put(value);
  return { node: element("div", { class: "mlplab-control" }, element("label", { for: id }, label), select), put };
}

function button({ name, label }, id, pressed) {
  const node = element("button", { type: "button", id, name, class: "mlplab-button", ...OWN_KEYS }, label);
  node.addEventListener("click", () => pressed(name));
  return { node, label: (text) => (node.textContent = text) };
}

// Collects what happens and sends it: one event at a time is under way, and none sooner than a frame after the last.
class Line {
  constructor(model, waiting) {
    this.model = model;
    this.waiting = waiting;
    this.number = 0;
    this.sent = -FRAME;
    this.underway = undefined;
    this.clear();
  }

  clear() {
    this.pending = { set: {}, press: [], points: [], keys: [], tick: 0 };
    this.anything = false;
  }

  add(change) {
    change(this.pending);
    this.anything = true;
    this.flush();
  }

  flush() {
    if (!this.anything || this.underway || this.timer) return;
    const wait = this.sent + FRAME - performance.now();
    if (wait > 0) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.flush();
      }, wait);
      return;
    }
    this.underway = this.pending;
    this.sent = performance.now();
    this.model.send({ ...this.pending, number: ++this.number });
    this.clear();
    this.patience = setTimeout(() => this.waiting(true), PATIENCE);
  }

  answered(number) {
    if (number !== this.number) return;
    clearTimeout(this.patience);
    this.waiting(false);
    this.underway = undefined;
    this.flush();
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.patience);
  }
}

function panel(index, line) {
  const node = element("div", { class: "mlplab-panel" });
  let svg = "";
  const place = (event) => {
    const box = node.firstElementChild.getBoundingClientRect();
    const view = node.firstElementChild.viewBox.baseVal;
    return [((event.clientX - box.left) / box.width) * view.width, ((event.clientY - box.top) / box.height) * view.height];
  };
  // The way of the pointer that Python's picture does not show yet.
  let brush;
  let last;
  const trace = () => {
    if (!brush) return;
    node.querySelectorAll(".mlplab-trace").forEach((old) => old.remove());
    const strokes = [];
    for (const [panel, x, y, first] of [...(line.underway?.points ?? []), ...line.pending.points]) {
      if (panel !== index) continue;
      if (first || !strokes.length) strokes.push(first || !last ? [] : [last]);
      strokes.at(-1).push(`${x},${y}`);
    }
    const [colour, width] = brush;
    for (const points of strokes) {
      const mark = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
      set(mark, { class: "mlplab-trace", points: points.join(" "), fill: "none", stroke: colour, "stroke-width": width });
      node.firstElementChild.append(mark);
    }
  };
  const point = (event) => {
    const [x, y] = place(event);
    line.add((pending) => pending.points.push([index, x, y, event.type === "pointerdown"]));
    trace();
  };
  node.addEventListener("pointerdown", (event) => {
    if (!node.classList.contains("mlplab-pointer") || event.button > 0) return;
    node.setPointerCapture(event.pointerId);
    point(event);
  });
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) point(event);
  });
  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !node.hasAttribute("tabindex")) return;
    if (event.key === "Tab" || event.key === "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    line.add((pending) => pending.keys.push([index, event.key]));
  });
  const show = (shown) => {
    node.classList.toggle("mlplab-pointer", shown.pointer);
    if (shown.keys && !node.hasAttribute("tabindex")) {
      const label = `${shown.title}. ${shown.keys}`;
      set(node, { tabindex: "0", role: "application", "aria-label": label, ...OWN_KEYS });
    }
    if (shown.svg !== svg) {
      svg = shown.svg;
      node.innerHTML = svg;
    }
    brush = shown.brush;
    last = line.underway?.points.findLast(([panel]) => panel === index)?.slice(1, 3).join(",") ?? last;
  };
  return { node, show, trace };
}

function render({ model, el }) {
  const id = `mlplab-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const summary = element("p", { class: "mlplab-summary", "aria-live": "polite" });
  const message = element("p", { class: "mlplab-message", role: "status" });
  const panels = element("div", { class: "mlplab-panels" });
  const form = element("div", { class: "mlplab-controls" });
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let complaint = "";
  let waiting = false;
  let ticking;
  let heard = 0;

  const tell = () => {
    const text = waiting ? "Waiting for Python: the kernel may be busy." : complaint;
    if (message.textContent !== text) message.textContent = text;
  };
  const line = new Line(model, (state) => {
    waiting = state;
    tell();
  });

  const buttons = element("div", { class: "mlplab-buttons" });
  const made = {};
  const groups = {};
  for (const control of model.get("controls")) {
    const own = `${id}-${control.name}`;
    if (control.kind === "button") {
      made[control.name] = button(control, own, (name) => line.add((pending) => pending.press.push(name)));
      buttons.append(made[control.name].node);
      continue;
    }
    const changed = (value) => line.add((pending) => (pending.set[control.name] = value));
    made[control.name] = (control.kind === "slider" ? slider : choice)(control, own, changed);
    if (!groups[control.group]) {
      const heading = control.group ? [element("legend", {}, control.group)] : [];
      groups[control.group] = element(control.group ? "fieldset" : "div", { class: "mlplab-group" }, ...heading);
      form.append(groups[control.group]);
    }
    groups[control.group].append(made[control.name].node);
  }
  if (buttons.children.length) form.append(buttons);

  const state = element("input", { type: "text", readonly: "", id: `${id}-line`, class: "mlplab-line", ...OWN_KEYS });
  const copy = element("button", { type: "button", class: "mlplab-button", ...OWN_KEYS }, "Copy");
  copy.addEventListener("click", async () => {
    state.select();
    // Where the clipboard is out of reach (a page without https) the line is selected, ready to be copied.
    const copied = await navigator.clipboard?.writeText(state.value).then(() => true, () => false);
    copy.textContent = copied ? "Copied" : "Selected";
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });

  el.classList.add("mlplab-explore");
  el.append(
    element(
      "div",
      { role: "group", "aria-label": model.get("title"), class: "mlplab-body" },
      element("div", { class: "mlplab-title", "aria-hidden": "true" }, model.get("title")),
      form,
      message,
      panels,
      summary,
      element("div", { class: "mlplab-state" }, element("label", { for: state.id }, "This state"), state, copy),
    ),
  );

  const play = (answer) => {
    clearTimeout(ticking);
    if (!answer.playing) return;
    const pause = calm.matches ? CALM : Math.max(0, line.sent + FRAME - performance.now());
    ticking = setTimeout(() => {
      if (document.hidden || !el.isConnected) return play(answer);
      line.add((pending) => (pending.tick = calm.matches ? CALM / FRAME : 1));
    }, document.hidden ? CALM : pause);
  };

  const shown = [];
  const show = () => {
    const answer = model.get("answer");
    answer.panels.forEach((picture, index) => {
      if (!shown[index]) {
        shown[index] = panel(index, line);
        panels.append(shown[index].node);
      }
      shown[index].show(picture);
    });
    shown.splice(answer.panels.length).forEach(({ node }) => node.remove());
    // A screen reader is not to be flooded: while the picture plays, its text changes every few seconds only.
    if (!answer.playing || performance.now() > heard + 3 * CALM) {
      summary.textContent = answer.summary;
      heard = performance.now();
    }
    complaint = answer.message;
    tell();
    state.value = answer.line;
    for (const [name, value] of Object.entries(answer.values)) {
      if (!(name in line.pending.set)) made[name].put(value);
    }
    for (const [name, label] of Object.entries(answer.labels)) made[name].label(label);
    line.answered(answer.to);
    shown.forEach(({ trace }) => trace());
    play(answer);
  };

  model.on("change:answer", show);
  show();
  return () => {
    model.off("change:answer", show);
    clearTimeout(ticking);
    line.close();
  };
}

export default { render };
