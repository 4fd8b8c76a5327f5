// A media-stream sink in Bun that does what voicelab's sink does with a frame: JSON, base64, its place on the time axis,
// both WAVs with headers that are valid while they grow, and (unless --no-journal) the same journal.
//
//   bun server.ts FOLDER [--no-journal]

import { closeSync, openSync, writeSync } from "node:fs";
import type { ServerWebSocket } from "bun";

const FLUSH_MS = 500;
const HEADER_BYTES = 44;
const RATE_HZ = 8000;
const FRAME_BYTES = 320;
const PENDING_BYTES = 64 << 10;

const folder = Bun.argv[2];
const keepsJournal = !Bun.argv.includes("--no-journal");
const open = new Set<Recording>();

interface Start {
  callId: string;
  streamId: string;
}

interface Media {
  chunk: number;
  payload: string;
}

type Message =
  | { event: "start"; start: Start }
  | { event: "media"; media: Media }
  | { event: "stop" };

function wavHeader(dataBytes: number, channels: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("RIFF", 0);
  header.writeUInt32LE(dataBytes + HEADER_BYTES - 8, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(RATE_HZ, 24);
  header.writeUInt32LE(RATE_HZ * 2 * channels, 28);
  header.writeUInt16LE(2 * channels, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

class Recording {
  private readonly zeroMs = performance.now();
  private readonly started = new Date();
  private wav = -1;
  private heard = -1;
  private journal = -1;
  private lines = "";
  private readonly pending = Buffer.alloc(PENDING_BYTES);
  private readonly stereo = new Int16Array(PENDING_BYTES);
  private pendingBytes = 0;
  private writtenBytes = 0;
  private following = 1;

  onText(text: string): void {
    const tNs = this.nowNs();
    const message = JSON.parse(text) as Message;
    if (message.event === "start") this.begin(message.start);
    if (keepsJournal) this.lines += `{"t":${tNs},"leg":"carrier","way":"in","m":${text}}\n`;
    if (message.event === "media") this.place(message.media);
  }

  flush(): void {
    if (this.wav < 0) return;
    if (this.lines) {
      writeSync(this.journal, this.lines);
      this.lines = "";
    }
    const count = this.pendingBytes;
    if (!count) return;
    writeSync(this.wav, this.pending, 0, count, HEADER_BYTES + this.writtenBytes);
    const mono = new Int16Array(this.pending.buffer, this.pending.byteOffset, count >> 1);
    for (let at = 0; at < mono.length; at++) this.stereo[2 * at] = mono[at];
    writeSync(this.heard, this.stereo, 0, 2 * count, HEADER_BYTES + 2 * this.writtenBytes);
    this.writtenBytes += count;
    this.pendingBytes = 0;
    writeSync(this.wav, wavHeader(this.writtenBytes, 1), 0, HEADER_BYTES, 0);
    writeSync(this.heard, wavHeader(2 * this.writtenBytes, 2), 0, HEADER_BYTES, 0);
  }

  close(code: number): void {
    if (this.wav < 0) return;
    if (keepsJournal) {
      const ended = { name: "ended", why: "closed", code, samples: (this.writtenBytes + this.pendingBytes) / 2 };
      this.lines += `{"t":${this.nowNs()},"leg":"lab","way":"in","ev":${JSON.stringify(ended)}}\n`;
    }
    this.flush();
    closeSync(this.wav);
    closeSync(this.heard);
    if (keepsJournal) closeSync(this.journal);
    this.wav = -1;
  }

  private nowNs(): number {
    return Math.round((performance.now() - this.zeroMs) * 1e6);
  }

  private begin(start: Start): void {
    const stem = this.create();
    this.heard = openSync(`${stem}.heard.wav`, "wx");
    if (!keepsJournal) return;
    this.journal = openSync(`${stem}.journal.jsonl`, "wx");
    const header = {
      voicelab: 1,
      id: crypto.randomUUID(),
      call_id: start.callId,
      stream_id: start.streamId,
      started: this.started.toISOString(),
      formats: { inbound: "l16/8000", outbound: "l16/8000" },
      config: {},
    };
    this.lines = JSON.stringify(header) + "\n" + this.lines;
  }

  private create(): string {
    for (let ms = this.started.getTime(); ; ms++) {
      const stem = `${folder}/call-${new Date(ms).toISOString().replace(/[:.]/g, "-")}`;
      try {
        this.wav = openSync(`${stem}.wav`, "wx");
        return stem;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  private place(media: Media): void {
    const missing = media.chunk - this.following;
    if (missing < 0) return;
    for (let lost = 0; lost < missing; lost++) {
      this.room();
      this.pending.fill(0, this.pendingBytes, this.pendingBytes + FRAME_BYTES);
      this.pendingBytes += FRAME_BYTES;
    }
    this.room();
    this.pendingBytes += this.pending.write(media.payload, this.pendingBytes, "base64");
    this.following = media.chunk + 1;
  }

  private room(): void {
    if (this.pendingBytes > PENDING_BYTES / 2) this.flush();
  }
}

const server = Bun.serve<{ recording: Recording }>({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    if (server.upgrade(request, { data: { recording: new Recording() } })) return;
    return new Response("ok");
  },
  websocket: {
    perMessageDeflate: false,
    open: (socket: ServerWebSocket<{ recording: Recording }>) => void open.add(socket.data.recording),
    message: (socket, text) => socket.data.recording.onText(text as string),
    close(socket, code) {
      open.delete(socket.data.recording);
      socket.data.recording.close(code);
    },
  },
});

setInterval(() => open.forEach((recording) => recording.flush()), FLUSH_MS);
console.log(`Bun ${Bun.version} listens on http://127.0.0.1:${server.port}`);
