import { endWithReader } from "../terminal/output";
import { restate } from "./commandLine";

// The SDK is pinned, so its warnings about what later versions will need do not concern the user.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

endWithReader(process.stdout);

restate(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  exit: (code) => {
    process.exitCode = code;
  },
}).catch((error: unknown) => {
  // Node.js would also print the line of the source, which in a bundle is a hundred thousand characters.
  console.error(error);
  process.exit(1);
});
