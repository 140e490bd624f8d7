-- The last line of every load's output: one JSON object with requests, seconds, refused (not 2xx),
-- broken (socket errors, time-outs) and the latencies in milliseconds. Use one thread: each would
-- count for itself.

local figures = {}

function figures.print(requests, refused, summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f}',
    requests, summary.duration / 1e6, refused,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end

function done(summary, latency)
  figures.print(summary.requests, summary.errors.status, summary, latency)
end

return figures
