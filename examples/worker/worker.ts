/** A Cloudflare worker that reads Chinese: POST /pinyin. */
import model from "../pinyin/data/g2pm.safetensors";
import vocabulary from "../pinyin/data/vocab.json" with { type: "json" };
import { LONGEST, passages } from "../pinyin/passages.js";
import { Pinyin } from "../pinyin/pinyin.js";
import { toneMarks } from "../pinyin/tone-marks.js";
import { LARGEST, readBytes, textOf } from "./body.js";
import { admit, pieces } from "./load.js";
import { Refusal } from "./refusal.js";

const HELP = `The pinyin of Chinese text, by an LSTM.

  curl -H 'content-type: text/plain' --data-binary 银行很远 URL/pinyin
  curl --json '{"text": "银行很远"}' URL/pinyin

answers {"passages": [{"text", "readings": [{"char", "pinyin", "probability"?}]}]}: a passage for each line of the text,
and with each character of several readings how probable this one is. A text may have ${LARGEST} bytes.
`;

type Handler = (request: Request, body: Uint8Array) => Response | Promise<Response>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  "/": { GET: help, HEAD: help },
  "/pinyin": { POST: read },
};

export default {
  fetch(request: Request, _env: unknown, context: { waitUntil(work: Promise<unknown>): void }): Promise<Response> {
    const response = respond(request);
    // Otherwise a client that goes away would end the code where it stands, and no `finally` would run.
    context.waitUntil(response);
    return response;
  },
};

async function respond(request: Request): Promise<Response> {
  try {
    const body = await readBytes(request);
    return await route(request)(request, body);
  } catch (error) {
    if (!(error instanceof Refusal)) {
      loaded = undefined; // a model that failed may be broken: the next request makes a new one
      throw error;
    }
    return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
  }
}

function route({ url, method }: Request): Handler {
  const { pathname } = new URL(url);
  const methods = Object.hasOwn(ROUTES, pathname) ? ROUTES[pathname] : undefined;
  if (methods === undefined) throw new Refusal(404, `there is no ${pathname}; GET / tells what there is`);
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler !== undefined) return handler;
  const allow = Object.keys(methods).join(", ");
  throw new Refusal(405, `${pathname} takes ${allow}, not ${method}`, { allow });
}

function help(): Response {
  return new Response(HELP, { headers: { "content-type": "text/plain; charset=utf-8" } });
}

function read({ headers, signal }: Request, body: Uint8Array): Promise<Response> {
  const text = textOf(headers, body);
  return admit(body.length, async () => {
    const answers = [];
    for await (const texts of passages(pieces(text, LONGEST, signal))) {
      for (const [i, readings] of pinyin().readAll(texts).entries()) {
        const marked = readings.map((reading) => ({ ...reading, pinyin: toneMarks(reading.pinyin) }));
        answers.push({ text: texts[i], readings: marked });
      }
    }
    if (answers.length === 0) throw new Refusal(400, "there is nothing to read, the text is empty");
    return Response.json({ passages: answers });
  });
}

/** The model, made by the first request that needs it and the same for all: nothing of a request stays in it. */
const pinyin = (): Pinyin => {
  loaded ??= new Pinyin(model, vocabulary);
  return loaded;
};
let loaded: Pinyin | undefined;
