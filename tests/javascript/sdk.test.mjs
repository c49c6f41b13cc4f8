// The SDK of JavaScript in front of the practice platform. OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_ADMIN_KEY lead
// to it; PICTURE names a PNG.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { test } from "node:test";

import OpenAI, { toFile } from "openai";
import { zodFunction, zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const MODEL = "gpt-6-luna";
const IMAGES = "gpt-image-1-mini";
const client = new OpenAI({ maxRetries: 0 });
const messages = [{ role: "user", content: "Un saluto ai nostri lettori" }];

const Post = z.object({
  caption: z.string(),
  likes: z.int(),
  rating: z.number().min(1).max(5),
  hashtags: z.array(z.string()),
  network: z.enum(["instagram", "linkedin"]),
  place: z.string().nullable(),
});
const weather = {
  type: "function",
  name: "get_weather",
  description: "The weather in a town",
  parameters: {
    type: "object",
    properties: { town: { type: "string" } },
    required: ["town"],
    additionalProperties: false,
  },
  strict: true,
};

async function collected(stream) {
  const found = [];
  for await (const each of stream) found.push(each);
  return found;
}

test("a chat is answered with its usage", async () => {
  const answer = await client.chat.completions.create({ model: MODEL, messages });
  assert.ok(answer.choices[0].message.content.length > 20);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test("a chat is streamed, and the usage comes last", async () => {
  const options = { model: MODEL, messages, stream: true, stream_options: { include_usage: true } };
  const chunks = await collected(await client.chat.completions.create(options));
  assert.ok(chunks.length > 5);
  assert.ok(chunks.at(-1).usage.completion_tokens > 0);
  assert.equal(chunks.at(-2).choices[0].finish_reason, "stop");
});

test("the helper of the SDK puts a streamed chat together", async () => {
  const runner = client.chat.completions.stream({ model: MODEL, messages });
  const deltas = [];
  runner.on("content", (delta) => deltas.push(delta));
  const text = await runner.finalContent();
  assert.ok(text.length > 20);
  assert.equal(deltas.join(""), text);
});

test("the responses API answers", async () => {
  const answer = await client.responses.create({ model: MODEL, input: "Un saluto ai nostri lettori" });
  assert.equal(answer.status, "completed");
  assert.ok(answer.output_text.length > 20);
  const again = await client.responses.retrieve(answer.id);
  assert.equal(again.output_text, answer.output_text);
});

test("a streamed response ends with the whole of it", async () => {
  const stream = client.responses.stream({ model: MODEL, input: "Un saluto ai nostri lettori" });
  const kinds = (await collected(stream)).map((event) => event.type);
  assert.equal(kinds[0], "response.created");
  assert.equal(kinds.at(-1), "response.completed");
  assert.ok((await stream.finalResponse()).output_text.length > 20);
});

test("a conversation goes on from an earlier response", async () => {
  const first = await client.responses.create({ model: MODEL, input: "Un post sul pane" });
  const options = { model: MODEL, input: "Più corto", previous_response_id: first.id };
  const second = await client.responses.create(options);
  assert.equal(second.previous_response_id, first.id);
  assert.ok(second.usage.input_tokens > first.usage.input_tokens);
});

test("a tool that is forced is called, and its result leads to a text", async () => {
  const options = { model: MODEL, input: "Che tempo fa a Roma?", tools: [weather] };
  const first = await client.responses.create({ ...options, tool_choice: "required" });
  const call = first.output.find((item) => item.type === "function_call");
  assert.equal(call.name, "get_weather");
  assert.equal(typeof JSON.parse(call.arguments).town, "string");
  const output = { type: "function_call_output", call_id: call.call_id, output: "Sole, 24 gradi" };
  const last = await client.responses.create({ ...options, input: [output], previous_response_id: first.id, tool_choice: "none" });
  assert.ok(last.output_text.length > 10);
});

test("a tool that the prompt names is called of the model's own accord", async () => {
  const input = "Usa get_weather e dimmi che tempo fa a Roma";
  const answer = await client.responses.create({ model: MODEL, input, tools: [weather] });
  assert.deepEqual(answer.output.filter((item) => item.type === "function_call").map((item) => item.name), ["get_weather"]);
});

test("the tool runner of the SDK runs until there is a text", async () => {
  let asked = 0;
  const tool = zodFunction({
    name: "get_weather",
    description: "The weather in a town",
    parameters: z.object({ town: z.string() }),
    function: () => {
      asked += 1;
      return "Sole, 24 gradi";
    },
  });
  const prompt = [{ role: "user", content: "Usa get_weather e dimmi che tempo fa a Roma" }];
  const runner = client.chat.completions.runTools({ model: MODEL, messages: prompt, tools: [tool] });
  assert.ok((await runner.finalContent()).length > 10);
  assert.ok(asked >= 1);
});

test("a zod schema of the fourth edition shapes a response", async () => {
  const format = zodTextFormat(Post, "post");
  const answer = await client.responses.parse({ model: MODEL, input: "Un post sul pane", text: { format } });
  assert.deepEqual(Post.parse(answer.output_parsed), answer.output_parsed);
});

test("a zod schema of the fourth edition shapes a chat", async () => {
  const answer = await client.chat.completions.parse({ model: MODEL, messages, response_format: zodResponseFormat(Post, "post") });
  const { parsed } = answer.choices[0].message;
  assert.deepEqual(Post.parse(parsed), parsed);
});

test("a picture is made, and its usage told", async () => {
  const answer = await client.images.generate({ model: IMAGES, prompt: "Il pane", quality: "low" });
  const picture = Buffer.from(answer.data[0].b64_json, "base64");
  assert.deepEqual([...picture.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  assert.ok(answer.usage.output_tokens > 0);
});

test("a streamed picture arrives in parts", async () => {
  const options = { model: IMAGES, prompt: "Il pane", quality: "low", stream: true, partial_images: 1 };
  const kinds = (await collected(await client.images.generate(options))).map((event) => event.type);
  assert.deepEqual(kinds, ["image_generation.partial_image", "image_generation.completed"]);
});

test("a picture is edited that comes as a whole", async () => {
  const image = await toFile(await readFile(process.env.PICTURE), "pane.png", { type: "image/png" });
  const answer = await client.images.edit({ model: IMAGES, image, prompt: "Più luce", quality: "low" });
  assert.equal(answer.data.length, 1);
});

test("a picture is edited that comes as a file stream with its type", async () => {
  const image = await toFile(createReadStream(process.env.PICTURE), "pane.png", { type: "image/png" });
  const answer = await client.images.edit({ model: IMAGES, image, prompt: "Più luce", quality: "low" });
  assert.equal(answer.data.length, 1);
});

// The SDK sends a bare stream in chunks, and as application/octet-stream, which OpenAI refuses by name.
test("a bare file stream is read in chunks, and refused for its type alone", async () => {
  const image = createReadStream(process.env.PICTURE);
  const asked = client.images.edit({ model: IMAGES, image, prompt: "Più luce", quality: "low" });
  await assert.rejects(asked, (error) => error.status === 400 && error.message.includes("application/octet-stream"));
});

test("a form without a length is read as it arrives", async () => {
  const form = new FormData();
  form.set("model", IMAGES);
  form.set("prompt", "Più luce");
  form.set("quality", "low");
  form.set("image", new Blob([await readFile(process.env.PICTURE)], { type: "image/png" }), "pane.png");
  const whole = new Response(form);
  const answer = await fetch(`${process.env.OPENAI_BASE_URL}/images/edits`, {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, "content-type": whole.headers.get("content-type") },
    body: Readable.toWeb(Readable.from(Buffer.from(await whole.arrayBuffer()))),
    duplex: "half",
  });
  assert.equal(answer.status, 200, await answer.text());
});

test("texts become vectors, whichever encoding carries them", async () => {
  const options = { model: "text-embedding-3-small", input: ["pane", "rosa"] };
  const packed = await client.embeddings.create(options);
  const plain = await client.embeddings.create({ ...options, encoding_format: "float" });
  assert.equal(packed.data[0].embedding.length, 1536);
  assert.ok(packed.data[1].embedding.every((value, at) => Math.abs(value - plain.data[1].embedding[at]) < 1e-6));
});

test("models are listed, page by page", async () => {
  const names = (await collected(client.models.list())).map((model) => model.id);
  assert.ok(names.includes(MODEL));
});

test("errors arrive as the classes of the SDK", async () => {
  const wrong = new OpenAI({ apiKey: `sk-practice-${"Ab3".repeat(16)}`, maxRetries: 0 });
  await assert.rejects(wrong.models.list(), (error) => error instanceof OpenAI.AuthenticationError && error.code === "invalid_api_key");
  await assert.rejects(client.chat.completions.create({ model: "gpt-0", messages }), (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found");
  await assert.rejects(client.responses.create({ model: MODEL, input: "x", temperature: 9 }), OpenAI.BadRequestError);
  await assert.rejects(client.models.retrieve("gpt-0"), (error) => error.requestID?.startsWith("req_"));
});

test("the administration is read with an admin key", async () => {
  const admin = new OpenAI({ adminAPIKey: process.env.OPENAI_ADMIN_KEY, maxRetries: 0 });
  const projects = await collected(admin.admin.organization.projects.list());
  assert.ok(projects.length > 0);
  const keys = await collected(admin.admin.organization.projects.apiKeys.list(projects[0].id));
  assert.ok(keys.every((key) => key.redacted_value.startsWith("sk-practice-")));
  const since = Math.floor(Date.now() / 1000) - 86_400;
  const usage = await admin.admin.organization.usage.completions({ start_time: since });
  assert.equal(usage.object, "page");
  const costs = await admin.admin.organization.usage.costs({ start_time: since });
  assert.equal(costs.object, "page");
});

test("an admin key pays for nothing, and a project key administers nothing", async () => {
  const admin = new OpenAI({ apiKey: process.env.OPENAI_ADMIN_KEY, maxRetries: 0 });
  await assert.rejects(admin.responses.create({ model: MODEL, input: "x" }), (error) => [401, 403].includes(error.status));
  const project = new OpenAI({ adminAPIKey: process.env.OPENAI_API_KEY, maxRetries: 0 });
  await assert.rejects(collected(project.admin.organization.projects.list()), (error) => [401, 403].includes(error.status));
});
