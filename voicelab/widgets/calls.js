// The call list: a row a call, newest first. Rows stay the same elements, so that none loses the focus.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/* Keys pressed on a control are not shortcuts of the notebook. JupyterLab looks for a shortcut's selector
   from the focused element upward, so the mark has to be on that element itself. */
function ownKeys(control) {
  control.dataset.lmSuppressShortcuts = "true";
}

class CallList {
  constructor(root, hangUp) {
    this.table = root.querySelector("table");
    this.body = root.querySelector("tbody");
    this.none = root.querySelector(".vl-none");
    this.more = root.querySelector(".vl-more");
    this.hangUp = hangUp;
    this.rows = new Map();
    this.calls = new Map();
  }

  /* The whole list. */
  replace(calls, inAll) {
    this.calls = new Map(calls.map((call) => [call.key, call]));
    for (const [key, row] of this.rows) {
      if (!this.calls.has(key)) { row.remove(); this.rows.delete(key); }
    }
    calls.forEach((call, place) => {
      const row = this.row(call);
      if (this.body.children[place] !== row) this.body.insertBefore(row, this.body.children[place] ?? null);
    });
    this.none.hidden = calls.length > 0;
    this.table.hidden = calls.length === 0;
    this.more.hidden = inAll <= calls.length;
    this.more.textContent = `and ${inAll - calls.length} earlier ones: lab.calls()`;
  }

  /* Calls that are in the list already, as they are now. */
  update(calls) {
    for (const call of calls) {
      if (!this.calls.has(call.key)) continue;
      this.calls.set(call.key, call);
      this.row(call);
    }
  }

  running() {
    return [...this.calls.values()].filter((call) => call.running);
  }

  name(call) {
    return call.caller || "a call";
  }

  row(call) {
    let row = this.rows.get(call.key);
    if (!row) {
      row = this.made(call);
      this.rows.set(call.key, row);
    }
    const cells = row.cells;
    const set = (cell, text) => { if (cell.textContent !== text) cell.textContent = text; };
    set(cells[0].lastChild.previousSibling, this.name(call));
    set(cells[0].lastChild, ` ${call.id}`);
    cells[0].firstChild.dataset.on = String(call.running);
    set(cells[1], call.running ? "running" : "ended");
    cells[1].title = call.ended;
    cells[1].className = call.running ? "" : "vl-soft";
    set(cells[2], `${call.length_s.toFixed(1)} s`);
    set(cells[3], call.format);
    set(cells[4], call.lost ? `${call.lost} of ${call.frames + call.lost}` : "none");
    cells[4].dataset.lost = String(call.lost > 0);
    set(cells[5], `${call.jitter_ms.toFixed(1)} ms`);
    row.querySelector("button").hidden = !call.running;
    return row;
  }

  made({ key }) {
    const end = element("button", { type: "button", className: "vl-button", textContent: "Hang up" });
    end.dataset.kind = "small";
    ownKeys(end);
    end.addEventListener("click", () => this.hangUp(this.calls.get(key), end));
    const who = element("td", {}, element("span", { className: "vl-dot" }), element("span"), element("code"));
    const cell = (className = "") => element("td", { className });
    return element("tr", {}, who, cell(), cell("vl-number"), cell(), cell(), cell("vl-number"), element("td", {}, end));
  }
}
