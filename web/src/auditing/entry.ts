import { afterLoading } from "../device/after-loading.ts";

await afterLoading(() => import("./worker.ts"));
