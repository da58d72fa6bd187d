// What commands print in the tests has no colours, whatever the machine: picocolors colours where CI is set.
process.env.NO_COLOR = "1";
// The versions of the SDK are pinned: what later ones will need is no news for whoever runs the tests.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
