// The AI SDK (packages ai and @ai-sdk/openai) in front of the practice platform.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createOpenAI } from "@ai-sdk/openai";
import { embed, generateText, Output, streamText, tool } from "ai";
import { z } from "zod";

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: process.env.OPENAI_API_KEY });
const prompt = "Un saluto ai nostri lettori";
const once = { maxRetries: 0 };

test("the AI SDK is answered through responses and through chat", async () => {
  for (const model of [openai("gpt-6-luna"), openai.chat("gpt-6-luna")]) {
    const { text, usage } = await generateText({ model, prompt, ...once });
    assert.ok(text.length > 20);
    assert.ok(usage.outputTokens > 0);
  }
});

test("the AI SDK is answered in a stream", async () => {
  const result = streamText({ model: openai("gpt-6-luna"), prompt, ...once });
  let text = "";
  for await (const piece of result.textStream) text += piece;
  assert.ok(text.length > 20);
  assert.ok((await result.usage).outputTokens > 0);
});

test("the AI SDK gets an object by a zod schema", async () => {
  const schema = z.object({ caption: z.string(), likes: z.int(), rating: z.number().min(1).max(5) });
  const { output } = await generateText({ model: openai("gpt-6-luna"), prompt, output: Output.object({ schema }), ...once });
  assert.deepEqual(schema.parse(output), output);
});

test("the AI SDK has its tool called", async () => {
  const get_weather = tool({
    description: "The weather in a town",
    inputSchema: z.object({ town: z.string() }),
    execute: async () => "Sole, 24 gradi",
  });
  const options = { model: openai("gpt-6-luna"), prompt: "Che tempo fa a Roma?", tools: { get_weather } };
  const { toolResults } = await generateText({ ...options, toolChoice: "required", ...once });
  assert.equal(toolResults[0].output, "Sole, 24 gradi");
});

test("the AI SDK gets a vector", async () => {
  const model = openai.embedding("text-embedding-3-small");
  const { embedding } = await embed({ model, value: "pane", ...once });
  assert.equal(embedding.length, 1536);
});
