import { endWithReader } from "../terminal/output";
import { restate } from "./commandLine";

// The SDK is pinned, so its warnings about what later versions will need do not concern the user.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

endWithReader(process.stdout);

void restate(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  exit: (code) => {
    process.exitCode = code;
  },
});
