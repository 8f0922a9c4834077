#!/usr/bin/env node
// The command as it is installed. An old Node could not even parse it: it is told first what is needed.
require("./require-node.cjs");
import("../dist/medex.js");
