import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { output } from "../place.js";
import { type RuntimeCheck, sameBits } from "../runtime-check.js";
import { nodeOf, packageOf } from "../tools.js";

/** A route in Next.js's edge runtime: its own bundler makes something of `.wasm?module`, and its own server runs it. */
export const next: RuntimeCheck = {
  table: "Edge runtimes",
  runtime: "Next.js, edge route",
  check: "import",
  async run({ folder }) {
    const project = join(folder, "next");
    mkdirSync(join(project, "node_modules"));
    for (const name of ["next", "react", "react-dom"]) {
      symlinkSync(packageOf(name), join(project, "node_modules", name));
    }
    const program = [join(packageOf("next"), "dist/bin/next")];
    const env = { NEXT_TELEMETRY_DISABLED: "1", CI: "true" };
    await output(nodeOf("24"), [...program, "build"], project, env);

    const args = [...program, "start", "--port", "0", "--hostname", "localhost"];
    const server = spawn(nodeOf("24"), args, { cwd: project, env: { ...process.env, ...env } });
    try {
      const address = await addressIn(server.stdout.setEncoding("utf8"));
      sameBits(await (await fetch(`${address}/check`)).json());
    } finally {
      server.kill();
    }
  },
};

/** Where the server says that it listens, once it is ready. Reading goes on: a server with a closed stdout ends. */
function addressIn(said: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = "";
    said.on("data", (text) => {
      all += text;
      const [, address] = all.match(/(http:\/\/localhost:\d+).*Ready/s) ?? [];
      if (address !== undefined) resolve(address);
    });
    said.on("end", () => reject(new Error(`next start ended: ${all}`)));
  });
}
