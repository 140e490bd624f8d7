-- wrk's load: every request registers a new address.
--
--   wrk … -s bench/register.lua URL -- RUN [ascending|shuffled]
--
-- RUN makes the addresses of one measurement differ from those of all others. They ascend, or come
-- shuffled, as people do, which an index of addresses feels. The last line of the output is one JSON
-- object: requests, seconds, refused (not 2xx), broken (socket errors, time-outs) and the latencies
-- in milliseconds. Use one thread: each would count for itself.

local count = 0
local factor = 1
local head, tail

function init(args)
  -- An odd factor visits every number below 2^32 once; exact in a double up to 3.3 million.
  if args[2] == 'shuffled' then factor = 2654435761 end
  tail = '.' .. args[1] .. '@bench.example"}'
  local length = #'{"email":"' + 8 + #tail
  head = 'POST /register HTTP/1.1\r\nHost: ' .. wrk.headers['Host'] ..
         '\r\nContent-Type: application/json\r\nContent-Length: ' .. length ..
         '\r\n\r\n{"email":"'
end

function request()
  count = count + 1
  return head .. string.format('%08x', count * factor % 4294967296) .. tail
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
