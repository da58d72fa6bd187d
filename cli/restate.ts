import { endWithReader } from "../terminal/output";
import { restate } from "./commandLine";

// The versions of the SDK are pinned: what later ones will need does not concern whoever runs a command.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

endWithReader(process.stdout);

void restate(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  exit: (code) => {
    process.exitCode = code;
  },
});
