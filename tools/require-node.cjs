// Runs before anything else is needed, on whatever Node is there: plain old JavaScript, no dependencies.
var NEEDED = 24;
var found = process.versions.node;

if (Number(found.split(".")[0]) < NEEDED) {
  var isInstalled = /[\\/]node_modules[\\/]/.test(__dirname);
  var command = isInstalled ? "-p medexchain medex demo" : '-c "npm ci && npm run demo"';
  var lines = [
    "MedExChain needs Node " + NEEDED + " or later; this is Node " + found + ".",
    "An install under an older Node leaves out native packages. Run this instead:",
    "",
    "  npx -y -p node@" + NEEDED + " " + command,
    "",
  ];
  console.error(lines.join("\n"));
  process.exit(1);
}
