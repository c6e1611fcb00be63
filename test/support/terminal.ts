/** Programs on a pseudo-terminal, which Python opens. */
import { spawn, spawnSync } from "node:child_process";

export const hasTerminals = spawnSync("python3", ["-c", "import pty, termios"]).status === 0;

/**
 * Runs a program on a pseudo-terminal of 80 by 24. Each argument pair before it is what to wait for and what to type
 * then. Prints the program's output and, at the end, its exit code and whether the terminal is set as it was before.
 */
const TYPIST = `
import fcntl, json, os, pty, select, struct, sys, termios, time
script, command = json.loads(sys.argv[1]), json.loads(sys.argv[2])
main, other = pty.openpty()
fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
before = termios.tcgetattr(other)
child = os.fork()
if child == 0:
    os.close(main)
    os.login_tty(other) if hasattr(os, "login_tty") else (os.setsid(), fcntl.ioctl(other, termios.TIOCSCTTY, 0), [os.dup2(other, n) for n in (0, 1, 2)])
    os.execvp(command[0], command)
output, seen, deadline = b"", 0, time.time() + 40
while time.time() < deadline:
    done, status = os.waitpid(child, os.WNOHANG)
    while select.select([main], [], [], 0.05)[0]:
        output += os.read(main, 65536)
    if done: break
    while script and script[0][0].encode() in output[seen:]:
        seen = len(output)
        os.write(main, script.pop(0)[1].encode())
        break
else:
    os.kill(child, 9)
    status = os.waitpid(child, 0)[1]
same = termios.tcgetattr(other) == before
sys.stdout.write(json.dumps({"output": output.decode(), "status": status, "same": same, "left": script}))
`;

export interface Session {
  /** All that the terminal was sent. */
  readonly output: string;
  /** As waitpid gives it: 0 for exit code 0, 256 for 1. */
  readonly status: number;
  /** Whether the terminal's settings are those of before. */
  readonly same: boolean;
  /** What was still to be typed. */
  readonly left: unknown[];
}

/** @param script what to wait for in the output, and what to type then */
export function atTerminal(
  line: readonly string[],
  cwd: string,
  script: readonly [waitFor: string, keys: string][] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Session> {
  const child = spawn("python3", ["-c", TYPIST, JSON.stringify(script), JSON.stringify(line)], {
    cwd,
    env: { ...process.env, TERM: "xterm-256color", NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => (stderr === "" ? resolve(JSON.parse(stdout)) : reject(new Error(stderr))));
  });
}
