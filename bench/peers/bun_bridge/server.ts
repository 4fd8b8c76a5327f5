// A Realtime voice bridge in Bun: every client of /voice gets a session of its own with the model's server. Text passes
// through, binary frames are PCM16 and become input_audio_buffer.append, every event of the model is published on the
// topic of the call. Nothing is recorded.
//
//   bun server.ts UPSTREAM_URL

import type { ServerWebSocket } from "bun";

const MAX_MESSAGE_BYTES = 4 << 20;
const MAX_EARLY = 500;
const PCM = { type: "audio/pcm", rate: 24000 };

const SESSION_UPDATE = JSON.stringify({
  type: "session.update",
  session: {
    type: "realtime",
    instructions: "You are a friendly assistant on the telephone.",
    output_modalities: ["audio"],
    audio: {
      input: { format: PCM, turn_detection: { type: "server_vad", silence_duration_ms: 500 } },
      output: { format: PCM, voice: "marin" },
    },
  },
});

interface Call {
  id: string;
  upstream?: WebSocket;
  early: string[];
}

type Client = ServerWebSocket<Call>;

const topic = (call: Call) => `call:${call.id}`;

function toUpstream(call: Call, text: string): void {
  if (call.upstream?.readyState === WebSocket.OPEN) call.upstream.send(text);
  else if (call.early.length < MAX_EARLY) call.early.push(text);
}

function connect(client: Client): void {
  const call = client.data;
  const upstream = new WebSocket(Bun.argv[2], { headers: { Authorization: "Bearer none" } });
  call.upstream = upstream;
  upstream.onopen = () => {
    upstream.send(SESSION_UPDATE);
    call.early.forEach((text) => upstream.send(text));
    call.early = [];
  };
  upstream.onmessage = (event) => void server.publish(topic(call), event.data as string);
  upstream.onclose = (event) => client.close(event.code === 1000 ? 1000 : 1011, event.reason);
}

const server = Bun.serve<Call>({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return new Response("ok");
    if (pathname !== "/voice") return new Response("not found", { status: 404 });
    if (server.upgrade(request, { data: { id: crypto.randomUUID(), early: [] } })) return;
    return new Response("a WebSocket is wanted", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    maxPayloadLength: MAX_MESSAGE_BYTES,
    open(client: Client) {
      client.subscribe(topic(client.data));
      connect(client);
    },
    message(client, data) {
      const text =
        typeof data === "string" ? data : `{"type":"input_audio_buffer.append","audio":"${data.toString("base64")}"}`;
      toUpstream(client.data, text);
    },
    close: (client) => client.data.upstream?.close(),
  },
});

console.log(`Bun ${Bun.version} listens on http://127.0.0.1:${server.port}`);
