// An editor for Python without any library: a textarea whose letters are transparent, over a
// picture of the same text in colours. Undo is the browser's own, so text goes in by insertText.

const KEYWORDS = new Set(("False None True and as assert async await break case class continue def del elif else except finally for from " +
  "global if import in is lambda match nonlocal not or pass raise return try while with yield").split(" "));
const TOKEN = new RegExp([
  /(?<comment>#[^\n]*)/,
  /(?<string>\b[rRbBfFuU]{0,2}(?:"""[\s\S]*?(?:"""|$(?![\s\S]))|'''[\s\S]*?(?:'''|$(?![\s\S]))|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(?:"""[\s\S]*?(?:"""|$(?![\s\S]))|'''[\s\S]*?(?:'''|$(?![\s\S]))|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
  /(?<number>\b(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*\.?[\d_]*(?:[eE][-+]?\d+)?j?))/,
  /(?<name>@?[A-Za-z_]\w*)/,
].map((part) => part.source).join("|"), "g");

// The text as rows of [class, text]; a string over several lines is cut at their ends.
function rowsOf(text) {
  const rows = [[]];
  const put = (kind, piece) => piece.split("\n").forEach((line, i) => {
    if (i) rows.push([]);
    if (line) rows.at(-1).push([kind, line]);
  });
  let at = 0;
  let before = "";
  for (const found of text.matchAll(TOKEN)) {
    put("", text.slice(at, found.index));
    const { comment, string, number } = found.groups;
    let kind = "";
    if (comment) kind = /^# %%/.test(comment) ? "cell" : /^# TODO\b/.test(comment) ? "todo" : "comment";
    else if (string) kind = "string";
    else if (number) kind = "number";
    else if (KEYWORDS.has(found[0])) kind = "key";
    else if (found[0][0] === "@") kind = "key";
    else if (before === "def" || before === "class") kind = "defined";
    put(kind, found[0]);
    before = found[0];
    at = found.index + found[0].length;
  }
  put("", text.slice(at));
  return rows;
}

// Draw the rows that changed; a row that is as it was keeps its element.
export function paint(into, text) {
  const rows = rowsOf(text);
  const drawn = into.children;
  while (drawn.length > rows.length) into.lastChild.remove();
  rows.forEach((row, i) => {
    const same = row.map(([kind, piece]) => `${kind} ${piece}`).join("");
    if (drawn[i]?.said === same) return;
    const element = document.createElement("span");
    element.className = "row-of-code";
    element.said = same;
    for (const [kind, piece] of row) {
      if (!kind) element.append(piece);
      else element.append(Object.assign(document.createElement("span"), { className: kind, textContent: piece }));
    }
    if (drawn[i]) drawn[i].replaceWith(element);
    else into.append(element);
  });
}

export function editor(root, hear) {
  const area = root.querySelector("textarea");
  const picture = root.querySelector(".paint");
  const gutter = root.querySelector(".gutter");
  let wrong = new Set();
  let mayLeave = false;

  function draw() {
    paint(picture, area.value);
    const n = picture.children.length;
    while (gutter.children.length > n) gutter.lastChild.remove();
    while (gutter.children.length < n)
      gutter.append(Object.assign(document.createElement("span"), { textContent: gutter.children.length + 1 }));
    for (const side of [gutter, picture])
      for (const [i, row] of [...side.children].entries()) row.classList.toggle("wrong", wrong.has(i + 1));
  }

  const insert = (text) => document.execCommand("insertText", false, text);
  const startOf = (at) => area.value.lastIndexOf("\n", at - 1) + 1;

  // Whole lines one step to the right or left; the selection stays on them.
  function shift(back) {
    const { selectionStart: from, selectionEnd: to, value } = area;
    if (!back && from === to) return insert(" ".repeat(4 - ((from - startOf(from)) % 4)));
    const first = startOf(from);
    const lastEnd = value.indexOf("\n", to > from && value[to - 1] === "\n" ? to - 1 : to);
    const last = lastEnd < 0 ? value.length : lastEnd;
    const old = value.slice(first, last);
    const moved = old.split("\n").map((line) => (back ? line.replace(/^( {1,4}|\t)/, "") : line && `    ${line}`)).join("\n");
    if (moved === old) return;
    area.setSelectionRange(first, last);
    if (moved) insert(moved);
    else document.execCommand("delete");
    if (from === to) area.setSelectionRange(Math.max(first, from + moved.length - old.length), Math.max(first, from + moved.length - old.length));
    else area.setSelectionRange(first, first + moved.length);
  }

  area.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === "Escape") mayLeave = true;
    else if (event.key === "Tab" && !command && !mayLeave) {
      event.preventDefault();
      shift(event.shiftKey);
    } else if (event.key === "Enter" && !command && !event.isComposing) {
      event.preventDefault();
      const line = area.value.slice(startOf(area.selectionStart), area.selectionStart);
      const deeper = /:\s*(#.*)?$/.test(line) ? "    " : "";
      insert(`\n${line.match(/^\s*/)[0]}${deeper}`);
    } else if (event.key !== "Shift") mayLeave = false;
  });
  area.addEventListener("blur", () => (mayLeave = false));
  area.addEventListener("input", () => {
    wrong.clear();
    draw();
    hear();
  });
  draw();

  return {
    text: () => area.value,
    set(text) {
      const at = area.selectionStart;
      area.value = text;
      area.setSelectionRange(Math.min(at, text.length), Math.min(at, text.length));
      draw();
    },
    mark(lines) {
      wrong = new Set(lines);
      draw();
    },
    goTo(line) {
      const lines = area.value.split("\n").slice(0, line);
      const end = lines.join("\n").length;
      area.focus({ preventScroll: true });
      area.setSelectionRange(end - (lines.at(-1) || "").trimStart().length, end);
      const row = picture.children[Math.min(line, picture.children.length) - 1];
      root.scrollTop = row.offsetTop - root.clientHeight / 3;
      root.scrollLeft = 0;
    },
    lineOf(pattern) {
      const found = area.value.search(pattern);
      return found < 0 ? 0 : area.value.slice(0, found).split("\n").length;
    },
  };
}
