// A view of the panel: it says what was clicked and shows what the kernel sends. Messages: messages.py.

const FRAME = `
<div class="vl-bar">
  <span class="vl-dot"></span>
  <span class="vl-name">voicelab</span>
  <span class="vl-where vl-grow" role="status"></span>
  <span class="vl-tag vl-host" hidden></span>
  <button type="button" class="vl-button vl-sink" disabled>Stop sink</button>
</div>
<div class="vl-bar">
  <label class="vl-label">Caller</label>
  <select class="vl-choice" disabled></select>
  <button type="button" class="vl-button vl-dial" data-kind="go" disabled>Dial</button>
  <button type="button" class="vl-button vl-hangup" data-kind="end" disabled>Hang up</button>
</div>
<div class="vl-bar vl-agent" hidden>
  <span class="vl-label">Agent</span>
  <span class="vl-who vl-where"></span>
  <span class="vl-tag vl-costs" hidden>calls cost money</span>
  <input type="text" class="vl-choice vl-text" placeholder="Words for the agent to say" aria-label="Words for the agent to say" disabled>
  <button type="button" class="vl-button vl-say" disabled>Say</button>
</div>
<div class="vl-word" role="status" hidden></div>
<div class="vl-error" role="alert" hidden>
  <p></p><button type="button" class="vl-button" data-kind="small">Dismiss</button>
</div>
<div class="vl-live"><canvas role="img" aria-label="No call runs"></canvas></div>
<div class="vl-calls" tabindex="0" aria-label="Calls">
  <table hidden>
    <thead><tr><th scope="col">Call</th><th scope="col">State</th><th scope="col" class="vl-number">Length</th>
      <th scope="col">Format</th><th scope="col">Lost frames</th><th scope="col" class="vl-number">Jitter</th>
      <th scope="col"><span hidden>Action</span></th></tr></thead>
    <tbody></tbody>
  </table>
  <p class="vl-none">No call yet. Choose a caller and dial.</p>
  <p class="vl-none vl-more" hidden></p>
</div>
<div class="vl-bar vl-foot" hidden>
  <span>Loop lag</span><svg viewBox="0 0 120 18" preserveAspectRatio="none" aria-hidden="true"><polyline/></svg>
  <span>now <b></b></span><span>99 % under <b></b></span><span>worst <b></b></span>
</div>`;

const WORDS = {
  stopped: "The sink is stopped; nobody can call",
  closed: "This lab is closed. Run the cell that opens it again",
  replaced: "Another lab has taken this one's place; its own panel is below its cell",
  gone: "The kernel has ended or was restarted. Run the cell again",
};
const BUSY_AFTER_MS = 700;
const LONGEST_PATIENCE_MS = 10000;
const SUBSHELL_PATIENCE_MS = 2500;
const LAG_POINTS = 60;

let views = 0;

class PanelView {
  constructor(model, el) {
    this.model = model;
    this.root = element("div", { className: "vl", innerHTML: FRAME });
    this.root.querySelectorAll("button, select, input, [tabindex]").forEach(ownKeys);
    el.append(this.root);
    this.name = `${Date.now().toString(36)}-${views++}`;
    this.clicks = 0;
    this.waiting = new Map();
    this.state = "unknown";
    this.lags = [];
    const find = (selector) => this.root.querySelector(selector);
    this.parts = {
      dot: find(".vl-dot"), where: find(".vl-where"), host: find(".vl-host"), sink: find(".vl-sink"),
      choice: find(".vl-choice"), dial: find(".vl-dial"), hangup: find(".vl-hangup"),
      agent: find(".vl-agent"), who: find(".vl-who"), costs: find(".vl-costs"), text: find(".vl-text"), say: find(".vl-say"),
      word: find(".vl-word"), error: find(".vl-error"), canvas: find("canvas"), foot: find(".vl-foot"),
    };
    this.calls = new CallList(find(".vl-calls"), (call, button) => this.hangUp(call, button));
    this.wave = new WaveformCanvas(this.root, this.parts.canvas);
    this.wave.caption = (key) => this.caption(key);
    this.listen();
    this.askForAll(BUSY_AFTER_MS);
  }

  /* Asked again, ever less often: just after JupyterLab has started, a first message can stay unanswered. */
  askForAll(patience) {
    if (patience > SUBSHELL_PATIENCE_MS) this.leaveTheSubshell();
    this.ask("ready");
    this.patience = setTimeout(() => {
      this.sayWhatWaits();
      this.askForAll(Math.min(2 * patience, LONGEST_PATIENCE_MS));
    }, patience);
  }

  /*
   * JupyterLab 4.5 and later sends what widgets say to a thread of the kernel's own (a subshell), and ipykernel
   * drops without a word what is addressed to one that is gone (ipython/ipykernel#1557). Where an idle kernel does
   * not answer, the main shell is asked instead, as it was before there were subshells.
   */
  leaveTheSubshell() {
    const kernel = this.model.widget_manager?.kernel;
    if (kernel?.status === "idle" && kernel.commsOverSubshells) kernel.commsOverSubshells = "disabled";
  }

  listen() {
    const { sink, choice, dial, hangup, error, text, say } = this.parts;
    choice.id = `vl-choice-${this.name}`;
    this.root.querySelector("label").htmlFor = choice.id;
    sink.addEventListener("click", () => this.act(this.state === "open" ? "stop" : "start", {}, sink));
    dial.addEventListener("click", () => this.act("dial", { caller: choice.value }, dial));
    hangup.addEventListener("click", () => this.hangUp(this.calls.running()[0], hangup));
    say.addEventListener("click", () => this.say());
    text.addEventListener("keydown", ({ key }) => { if (key === "Enter") this.say(); });
    error.querySelector("button").addEventListener("click", () => { error.hidden = true; });
    this.onMessage = (message, buffers) => this.take(message, buffers);
    this.onComm = () => this.lost();
    this.model.on("msg:custom", this.onMessage);
    this.model.on("comm_live_update", this.onComm);
  }

  dispose() {
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onComm);
    this.wave.dispose();
    clearTimeout(this.patience);
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
  }

  // To the kernel

  ask(what, fields = {}) {
    this.model.send({ do: what, ...fields });
  }

  act(what, fields, button) {
    const id = `${this.name}-${this.clicks++}`;
    button.dataset.waiting = "true";
    const timer = setTimeout(() => this.sayWhatWaits(), BUSY_AFTER_MS);
    this.waiting.set(id, { timer, button });
    this.ask(what, { id, ...fields });
  }

  hangUp(call, button) {
    if (call) this.act("hang_up", { call: call.key }, button);
  }

  say() {
    const { text, say } = this.parts;
    const call = this.calls.running()[0];
    if (!call || !text.value.trim()) return;
    this.act("say", { call: call.key, text: text.value.trim() }, say);
    text.value = "";
  }

  // From the kernel

  take(message, buffers) {
    if (message.type === "snapshot") this.show(message, buffers[0]);
    else if (message.type === "live") this.showLive(message, buffers[0]);
    else if (message.type === "done") this.done(message);
  }

  show(snapshot, buffer) {
    clearTimeout(this.patience);
    this.state = snapshot.state;
    this.showWhere(snapshot);
    this.showAgent(snapshot.agent);
    this.showCallers(snapshot.callers);
    this.calls.replace(snapshot.calls, snapshot.calls_in_all);
    this.wave.replace(snapshot, buffer);
    this.showLag(snapshot.lag);
    this.enable();
    this.sayWhatWaits(true);
  }

  showLive(live, buffer) {
    if (live.calls) { this.calls.update(live.calls); this.enable(); }
    if ("lag" in live) this.showLag(live.lag);
    this.wave.put(live.lanes, buffer);
  }

  done({ id, error }) {
    const waited = this.waiting.get(id);
    if (waited) {
      clearTimeout(waited.timer);
      this.waiting.delete(id);
      if (![...this.waiting.values()].some(({ button }) => button === waited.button)) {
        delete waited.button.dataset.waiting;
      }
    }
    if (error && (waited || !id)) {
      this.parts.error.querySelector("p").textContent = error;
      this.parts.error.hidden = false;
    } else if (waited) {
      this.parts.error.hidden = true;
    }
    this.sayWhatWaits(true);
  }

  lost() {
    if (this.state === "gone") return;
    clearTimeout(this.patience);
    this.state = "gone";
    this.showWhere({ state: "gone" });
    this.enable();
  }

  // On the page

  showWhere({ state, url, host }) {
    const { dot, where, host: tag, sink } = this.parts;
    this.root.dataset.state = state;
    dot.dataset.on = state === "open" ? "true" : state === "stopped" ? "false" : "fault";
    const words = state === "open" ? ["Sink listens on ", element("code", { textContent: url })] : [WORDS[state]];
    if (where.textContent !== words.map((word) => word.textContent ?? word).join("")) where.replaceChildren(...words);
    tag.hidden = state !== "open";
    tag.textContent = host === "thread" ? "on its own thread" : "in the notebook's loop";
    sink.textContent = state === "stopped" ? "Start sink" : "Stop sink";
  }

  showAgent(answers) {
    const { agent, who, costs } = this.parts;
    agent.hidden = !answers || this.state !== "open";
    if (agent.hidden) return;
    costs.hidden = !answers.costs_money;
    const words = [`${answers.name}, browsers on `, element("code", { textContent: answers.voice_url })];
    if (who.textContent !== words.map((word) => word.textContent ?? word).join("")) who.replaceChildren(...words);
  }

  showCallers(callers) {
    const { choice } = this.parts;
    const known = JSON.stringify(callers);
    if (known === this.known) return;
    this.known = known;
    const chosen = choice.value;
    const group = (label, members) => {
      const made = element("optgroup", { label });
      made.append(...members.map(({ path, name, words }) =>
        element("option", { value: path, textContent: words ? `${name}: “${words}”` : name })));
      return made;
    };
    const prompts = callers.filter((caller) => caller.group === "prompts");
    const files = callers.filter((caller) => caller.group !== "prompts");
    choice.replaceChildren(group("Bundled prompts", prompts), ...(files.length ? [group("Files in data/", files)] : []));
    if (callers.some(({ path }) => path === chosen)) choice.value = chosen;
  }

  showLag(lag) {
    const { foot } = this.parts;
    foot.hidden = !lag;
    if (!lag) return;
    this.lags = [...this.lags, lag.now_ms].slice(-LAG_POINTS);
    const top = Math.max(10, ...this.lags);
    const points = this.lags.map((ms, i) =>
      `${(120 * (LAG_POINTS - this.lags.length + i)) / (LAG_POINTS - 1)},${17 - (15 * ms) / top}`);
    foot.querySelector("polyline").setAttribute("points", points.join(" "));
    [lag.now_ms, lag.p99_ms, lag.max_ms].forEach((ms, i) => {
      foot.querySelectorAll("b")[i].textContent = `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
    });
  }

  enable() {
    const { sink, choice, dial, hangup, canvas, text, say } = this.parts;
    const running = this.calls.running();
    const alive = this.state === "open" || this.state === "stopped";
    sink.disabled = !alive;
    choice.disabled = !alive;
    dial.disabled = this.state !== "open";
    hangup.disabled = !alive || running.length === 0;
    text.disabled = say.disabled = !alive || running.length === 0;
    hangup.title = running.length > 1 ? "Ends the newest call" : "";
    const label = running.length === 1 ? `Waveform of ${this.calls.name(running[0])}, running`
      : running.length ? `Waveforms of ${running.length} running calls` : "No call runs";
    if (canvas.getAttribute("aria-label") !== label) canvas.setAttribute("aria-label", label);
    for (const button of this.root.querySelectorAll("tbody button")) button.disabled = !alive;
  }

  caption(key) {
    const call = this.calls.calls.get(key);
    if (!call) return { name: "", detail: "", running: false, lost: 0 };
    const detail = `${call.length_s.toFixed(1)} s${call.running ? "" : ", ended"}`;
    return { name: this.calls.name(call), detail, running: call.running, lost: call.lost };
  }

  /* A cell that blocks keeps the kernel from acting; what was clicked is not lost. */
  sayWhatWaits(heard = false) {
    const { word } = this.parts;
    const count = this.waiting.size;
    if (this.state === "unknown" && !heard) {
      word.textContent = "Waiting for the notebook: a cell of it still runs.";
    } else if (count && !heard) {
      word.textContent = `The notebook is busy. ${count === 1 ? "Your click acts" : `Your ${count} clicks act`} when it is free.`;
    } else if (count) {
      return;
    }
    word.hidden = !(count && !heard) && this.state !== "unknown";
  }
}

function render({ model, el }) {
  const view = new PanelView(model, el);
  return () => view.dispose();
}

export default { render };
