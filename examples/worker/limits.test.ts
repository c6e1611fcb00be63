/** Clients that send too much, too slowly, too often, or go away. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PATIENCE } from "./body.js";
import { type Runtime, start } from "./runtime.js";

let runtime: Runtime;
let origin: string;
beforeAll(async () => {
  runtime = await start(0);
  ({ origin } = await runtime.ready);
}, 300_000);
afterAll(() => runtime?.dispose());

/** Every character has several readings, so that the model has as much to do as a text of this size can ask for. */
const HEAVY = "行长重好".repeat(1250);
const post = (body: string, type = "text/plain"): Promise<Response> =>
  fetch(`${origin}/pinyin`, { method: "POST", body, headers: { "content-type": type } });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A client that writes HTTP itself, and may do so wrongly. */
class Client {
  readonly #socket: Socket = connect(Number(new URL(origin).port), "127.0.0.1");
  /** What came back, and at the end how the connection ended. */
  received = "";

  constructor(start: string, headers: readonly string[] = ["content-type: text/plain"]) {
    this.#socket.on("data", (bytes) => {
      this.received += bytes;
    });
    this.#socket.on("error", ({ message }) => {
      this.received += message;
    });
    this.#socket.write([`${start} HTTP/1.1`, "host: x", ...headers, "\r\n"].join("\r\n"));
  }

  /** Resolves once the bytes are sent, or cannot be. */
  async write(bytes: string | Uint8Array): Promise<void> {
    await new Promise<unknown>((resolve) => this.#socket.write(bytes, resolve));
  }

  end(): this {
    this.#socket.end();
    return this;
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** The status of the answer, once all of it is there, or what came instead. */
  async status(): Promise<number | string> {
    const answer = /^HTTP\/1\.1 (\d+) .*}$/s;
    while (!answer.test(this.received) && !this.#socket.destroyed) {
      await Promise.race([once(this.#socket, "data"), once(this.#socket, "close")]);
    }
    const [, status] = answer.exec(this.received) ?? [];
    return status === undefined ? this.received : Number(status);
  }
}

const TEXT = "content-type: text/plain";
const CHUNKED = "transfer-encoding: chunked";

describe("a body of 200 MB gets its answer, not a reset", { timeout: 60_000 }, () => {
  const size = 200_000_000;
  const part = Buffer.alloc(1_000_000, 97);
  const length = `content-length: ${size}`;

  it.each([
    ["with its length", "POST /pinyin", [TEXT, length]],
    ["in chunks", "POST /pinyin", [TEXT, CHUNKED]],
    ["of no text", "POST /pinyin", [length]],
    ["where there is nothing", "POST /nothing", [TEXT, length]],
    ["of a GET", "GET /pinyin", [TEXT, length]],
  ])("%s", async (_, start, headers) => {
    const client = new Client(start, headers);
    const chunked = headers.includes(CHUNKED);
    const chunk = chunked
      ? Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")])
      : part;
    for (let sent = 0; sent < size; sent += part.length) await client.write(chunk);
    if (chunked) await client.write("0\r\n\r\n");
    expect(await client.status()).toBe(413);
    // The connection is whole: it takes the next request.
    client.received = "";
    await client.write(`POST /pinyin HTTP/1.1\r\nhost: x\r\n${TEXT}\r\ncontent-length: 1\r\n\r\na`);
    expect(await client.status()).toBe(200);
    client.reset();
  });

  it("at once if the client asks before it sends", async () => {
    const began = performance.now();
    const client = new Client("POST /pinyin", [TEXT, length, "expect: 100-continue"]);
    expect(await client.status()).toBe(413);
    expect(performance.now() - began).toBeLessThan(PATIENCE / 2);
  });
});

describe("a body that does not arrive", { timeout: 6 * PATIENCE }, () => {
  it("is given up, and meanwhile others are answered", async () => {
    const half = Array.from({ length: 100 }, () => new Client("POST /pinyin", [TEXT, "content-length: 100"]));
    const chunk = new Client("POST /pinyin", [TEXT, CHUNKED]);
    const slow = new Client("POST /nothing", [TEXT, "content-length: 10000"]);
    const empty = new Client("POST /pinyin", [TEXT, "content-length: 200000000"]);
    await Promise.all([...half.map((client) => client.write("abc")), chunk.write("3\r\nabc\r\n")]);
    const dripping = setInterval(() => slow.write("a"), 100);
    expect((await post("银行")).status).toBe(200);
    expect(half.map(({ received }) => received).join("")).toBe("");

    const statuses = await Promise.all([...half, chunk, slow].map((client) => client.status()));
    clearInterval(dripping);
    expect(new Set(statuses)).toEqual(new Set([408]));
    expect(await empty.status()).toBe(413);
  });

  it.each([
    ["breaks off", "content-length: 100", "abc"],
    ["is not in chunks as it says", CHUNKED, "zz\r\nabc\r\n"],
  ])("because it %s is the client's fault", async (_, header, sent) => {
    const client = new Client("POST /pinyin", [TEXT, header]);
    await client.write(sent);
    expect(await client.end().status()).toBe(400);
  });
});

describe("much work", { timeout: 120_000 }, () => {
  it("is refused with 503 where it is too much, of a hundred requests at once none is reset", async () => {
    const responses = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const response = await post(HEAVY);
        await response.text();
        return `${response.status} ${response.headers.get("retry-after")}`;
      }),
    );
    expect(new Set(responses)).toEqual(new Set(["200 null", "503 1"]));
    // What they took is free again.
    expect(
      (await Promise.all([HEAVY, HEAVY, HEAVY, HEAVY].map((text) => post(text)))).map(({ status }) => status),
    ).toEqual([200, 200, 200, 200]);
  });

  it("leaves others their turn", async () => {
    const order: string[] = [];
    const done = (name: string) => (response: Response) => order.push(`${name} ${response.status}`);
    const heavy = [HEAVY, HEAVY, HEAVY].map((text) => post(text).then(done("heavy")));
    await pause(100);
    await post("银行很远").then(done("light"));
    await Promise.all(heavy);
    expect(order).toEqual(["light 200", "heavy 200", "heavy 200", "heavy 200"]);
  });

  it("ends when its client goes, and makes room for others", async () => {
    const heavy = (text: string) => {
      const client = new Client("POST /pinyin", [TEXT, `content-length: ${3 * text.length}`]);
      client.write(text);
      return client;
    };
    // Next to nothing to do, but more bytes than are free beside the four.
    const probe = async () => (await post(`{"text": "a"}${" ".repeat(12_000)}`, "application/json")).status;
    let four: Client[] = [];
    do {
      for (const client of four) client.reset(); // this machine was too busy to start them in time
      four = [HEAVY.slice(0, 3500), HEAVY, HEAVY, HEAVY].map(heavy);
      await pause(50);
    } while ((await probe()) !== 503);

    const [stays, ...go] = four as [Client, ...Client[]];
    for (const client of go) client.reset();
    while ((await probe()) === 503) await pause(5);
    expect(stays.received).toBe(""); // although it has less to do than those that went had
    expect(await stays.status()).toBe(200);
  });
});
