// What notebook programs give a page of a kernel: messages in their order, one at a time. `toKernel` and `fromKernel`
// are the test's; here they take the place of the program's own channel to its kernel.

const POLL_MILLISECONDS = 15;
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
export const decoded = (buffers) => buffers.map((text) => new DataView(bytesOf(text).buffer));
export function encoded(buffers = []) {
  return buffers.map((buffer) => {
    const bytes = new Uint8Array(buffer.buffer ?? buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  });
}

// `take` gets each message that the kernel publishes, once it is done with the one before.
export async function listen(take) {
  for (;;) {
    for (const message of await window.fromKernel())
      await take(message);
    await new Promise((done) => setTimeout(done, POLL_MILLISECONDS));
  }
}

export const WIDGET = "application/vnd.jupyter.widget-view+json";
export const widgetOf = ({ type, content }) =>
  ["display_data", "execute_result"].includes(type) ? content.data[WIDGET]?.model_id : undefined;
