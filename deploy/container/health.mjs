// The container's health check: 0 where HEALTH_URL answers with 200 within four seconds. It has no shell and no curl to rely on.
const url = process.env.HEALTH_URL;
try {
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
