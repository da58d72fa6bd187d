// Pulumi takes a whole stack trace for every resource and promise, which it only shows when a program hangs. Finding
// the lines of the TypeScript for each of their frames took a third of the time of an evaluation: they are left out.
let shown;
/** What formats the other traces, by what is shown in its place: libraries take that, and put it back. */
const formats = new WeakMap();

function shortened(format) {
  const short = (error, frames) => {
    const isPulumis =
      error.message === "" && frames[0]?.getFileName()?.includes("/@pulumi/pulumi/");
    return isPulumis ? "Error" : format(error, frames);
  };
  formats.set(short, format);
  return short;
}

Object.defineProperty(Error, "prepareStackTrace", {
  configurable: true,
  get: () => shown,
  set: (next) => {
    shown = next && (formats.has(next) ? next : shortened(next));
  },
});
