import { afterLoading } from "./after-loading.ts";

await afterLoading(() => import("./worker.ts"));
