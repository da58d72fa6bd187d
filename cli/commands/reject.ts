import type { Command } from "commander";

import type { Terminal } from "../terminal";
import { approval } from "./approve";

/** `reject <version>`. */
export function reject(terminal: Terminal): Command {
  return approval(terminal, "reject", "Rejected");
}
