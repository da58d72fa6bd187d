// Pulumi checks the types of a policy pack each time it starts one, which takes longer than the rest of a preview.
// `npm run typecheck` does that: here the sources are only compiled.
const { REGISTER_INSTANCE } = require("ts-node");

process[REGISTER_INSTANCE]?.enabled(false);
require("ts-node/register/transpile-only");
require("./pack");
