// The live lane: the waveforms of the running calls under each other on one canvas.

const SHOWN_S = 10;
const LANE_PX = [0, 132, 84, 64, 56, 48, 48, 42, 42, 36, 36, 36, 36];
const AXIS_PX = 20;
const SIDE_PX = 14;
const FULL_SCALES = [0.05, 0.1, 0.2, 0.3, 0.6, 1];

class Lane {
  constructor(columns) {
    this.least = new Int16Array(columns);
    this.most = new Int16Array(columns);
    this.columns = columns;
    this.begin = 0;
    this.end = 0;
    this.skipped = 0;
  }

  put({ first, count, skipped }, samples, at) {
    for (let i = 0; i < count; i++) {
      const slot = (first + i) % this.columns;
      this.least[slot] = samples[at + 2 * i];
      this.most[slot] = samples[at + 2 * i + 1];
    }
    if (this.end === 0) this.begin = first;
    this.end = Math.max(this.end, first + count);
    this.begin = Math.max(this.begin, this.end - this.columns);
    this.skipped = skipped;
  }

  loudest(from) {
    let peak = 0;
    for (let c = Math.max(from, this.begin); c < this.end; c++) {
      const slot = c % this.columns;
      peak = Math.max(peak, -this.least[slot], this.most[slot]);
    }
    return peak / 32768;
  }
}

/* Copied out of the message, since it may lie at an odd byte where no Int16Array can begin. */
function int16s(buffer) {
  if (!buffer) return new Int16Array(0);
  const { buffer: whole, byteOffset, byteLength } = buffer;
  return new Int16Array(whole.slice(byteOffset, byteOffset + byteLength));
}

class WaveformCanvas {
  constructor(root, canvas) {
    this.root = root;
    this.canvas = canvas;
    this.lanes = new Map();
    this.columnsASecond = 100;
    this.columns = 1200;
    this.caption = () => ({ name: "", detail: "", running: false, lost: 0 });
    this.frame = 0;
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(canvas);
    this.theme = new MutationObserver(() => this.draw());
    this.theme.observe(document.body, { attributes: true });
  }

  dispose() {
    this.sizes.disconnect();
    this.theme.disconnect();
    cancelAnimationFrame(this.frame);
  }

  replace(message, buffer) {
    this.columnsASecond = message.columns_a_second;
    this.columns = message.columns;
    this.lanes.clear();
    this.put(message.lanes, buffer);
  }

  put(places, buffer) {
    const samples = int16s(buffer);
    let at = 0;
    for (const place of places) {
      if (!this.lanes.has(place.key)) this.lanes.set(place.key, new Lane(this.columns));
      this.lanes.get(place.key).put(place, samples, at);
      at += 2 * place.count;
    }
    this.draw();
  }

  /* At most once a frame of the screen, and not at all in a tab that is not seen. */
  draw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = 0;
    const { canvas } = this;
    const width = canvas.clientWidth;
    if (!width) return;
    const count = Math.max(1, this.lanes.size);
    const laneHeight = LANE_PX[Math.min(count, LANE_PX.length - 1)];
    const height = count * laneHeight + AXIS_PX;
    const dots = window.devicePixelRatio || 1;
    const size = [Math.round(width * dots), Math.round(height * dots)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) {
      [canvas.width, canvas.height] = size;
      canvas.style.height = `${height}px`;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(name).trim();
    const look = {
      caller: colour("--vl-caller"), soft: colour("--vl-soft"), line: colour("--vl-line"),
      ink: colour("--vl-ink"), fault: colour("--vl-fault"), ground: colour("--vl-ground"),
      font: `12px ${style.fontFamily}`, small: `11px ${style.fontFamily}`,
    };
    const over = this.lanes.size > 0 && [...this.lanes.keys()].every((key) => !this.caption(key).running);
    this.paintGrid(pen, look, width, count * laneHeight, over ? "end" : "now");
    let top = 0;
    for (const [key, lane] of [...this.lanes].reverse()) {  // newest first, as in the list
      this.paintLane(pen, look, lane, this.caption(key), top, width, laneHeight);
      top += laneHeight;
    }
    if (!this.lanes.size) this.paintNothing(pen, look, width, laneHeight);
  }

  paintGrid(pen, look, width, bottom, last) {
    const inner = width - 2 * SIDE_PX;
    pen.font = look.small;
    pen.textBaseline = "middle";
    pen.lineWidth = 1;
    for (let ago = SHOWN_S; ago >= 0; ago -= 1) {
      const x = SIDE_PX + inner * (1 - ago / SHOWN_S);
      pen.strokeStyle = look.line;
      pen.globalAlpha = 0.55;
      pen.beginPath();
      pen.moveTo(Math.round(x) + 0.5, 0);
      pen.lineTo(Math.round(x) + 0.5, bottom);
      pen.stroke();
      pen.globalAlpha = 1;
      if (ago % 2) continue;
      pen.fillStyle = look.soft;
      pen.textAlign = ago === SHOWN_S ? "left" : ago ? "center" : "right";
      pen.fillText(ago ? `−${ago} s` : last, x, bottom + AXIS_PX / 2);
    }
    pen.textAlign = "left";
  }

  paintNothing(pen, look, width, height) {
    this.paintZero(pen, look, width, height / 2);
    const words = "The sound of a call appears here while it runs";
    pen.font = look.font;
    pen.textAlign = "center";
    const half = pen.measureText(words).width / 2 + 10;
    pen.fillStyle = look.ground;
    pen.fillRect(width / 2 - half, height / 2 - 10, 2 * half, 20);
    pen.fillStyle = look.soft;
    pen.fillText(words, width / 2, height / 2);
    pen.textAlign = "left";
  }

  paintZero(pen, look, width, y) {
    pen.strokeStyle = look.line;
    pen.beginPath();
    pen.moveTo(SIDE_PX, Math.round(y) + 0.5);
    pen.lineTo(width - SIDE_PX, Math.round(y) + 0.5);
    pen.stroke();
  }

  paintLane(pen, look, lane, caption, top, width, height) {
    const middle = top + height / 2;
    const inner = width - 2 * SIDE_PX;
    const across = inner / (SHOWN_S * this.columnsASecond);
    const from = Math.max(lane.begin, lane.end - SHOWN_S * this.columnsASecond);
    const peak = lane.loudest(from);
    const full = FULL_SCALES.find((scale) => peak <= scale) ?? 1;
    const tall = (height / 2 - 5) / (full * 32768);
    const x = (column) => width - SIDE_PX - (lane.end - column) * across;
    if (top) {
      pen.strokeStyle = look.line;
      pen.beginPath();
      pen.moveTo(0, top + 0.5);
      pen.lineTo(width, top + 0.5);
      pen.stroke();
    }
    this.paintZero(pen, look, width, middle);
    if (lane.end > from) {
      pen.fillStyle = caption.running ? look.caller : look.soft;
      pen.globalAlpha = caption.running ? 1 : 0.6;
      pen.beginPath();
      for (let c = from; c < lane.end; c++) {
        pen.lineTo(x(c), middle - Math.max(lane.most[c % lane.columns] * tall, 0.5));
      }
      for (let c = lane.end - 1; c >= from; c--) {
        pen.lineTo(x(c), middle - Math.min(lane.least[c % lane.columns] * tall, -0.5));
      }
      pen.fill();
      pen.globalAlpha = 1;
    }
    this.paintCaption(pen, look, lane, caption, top, full);
  }

  paintCaption(pen, look, lane, caption, top, full) {
    const parts = [[caption.name, look.ink], [`${caption.detail}, full scale ${full}`, look.soft]];
    if (caption.lost) parts.push([`${caption.lost} lost`, look.fault]);
    if (lane.skipped) parts.push([`${lane.skipped} pieces not drawn`, look.fault]);
    pen.font = look.font;
    let x = SIDE_PX + 6;
    const long = parts.reduce((sum, [text]) => sum + pen.measureText(text).width + 10, 0);
    pen.globalAlpha = 0.8;
    pen.fillStyle = look.ground;
    pen.fillRect(SIDE_PX + 1, top + 3, long + 4, 18);
    pen.globalAlpha = 1;
    for (const [text, colour] of parts) {
      pen.fillStyle = colour;
      pen.fillText(text, x, top + 12);
      x += pen.measureText(text).width + 10;
    }
  }
}
