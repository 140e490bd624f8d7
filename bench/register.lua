-- wrk's load: every request posts an address that no other has.
--
--   wrk … -s bench/register.lua URL -- RUN [shuffled|ascending] [COUNT]
--
-- RUN makes the addresses of one measurement differ from those of all others. They come shuffled, as
-- people do, which an index of addresses feels, or ascend. After COUNT they begin again. Prints
-- figures.lua's line.
require 'figures'

local count, last = 0, math.huge
-- An odd factor visits every number below 2^32 once; exact in a double up to 3.3 million.
local factor = 2654435761
local head, tail

function init(args)
  if args[2] == 'ascending' then factor = 1 end
  if args[3] then last = tonumber(args[3]) end
  tail = '.' .. args[1] .. '@bench.example"}'
  local length = #'{"email":"' + 8 + #tail
  head = 'POST ' .. wrk.path .. ' HTTP/1.1\r\nHost: ' .. wrk.headers['Host'] ..
         '\r\nContent-Type: application/json\r\nContent-Length: ' .. length ..
         '\r\n\r\n{"email":"'
end

function request()
  count = count < last and count + 1 or 1
  return head .. string.format('%08x', count * factor % 4294967296) .. tail
end
