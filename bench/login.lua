-- wrk's load: people log in, one after the other, each with the right password.
--
--   wrk … -s bench/login.lua URL -- PEOPLE PASSWORD
--
-- They are person0@bench.example and so on, PEOPLE in number. Prints figures.lua's line.
require 'figures'

local people, password
local count = 0

function init(args)
  people, password = tonumber(args[1]), args[2]
end

function request()
  count = count % people + 1
  local body = string.format('{"email":"person%d@bench.example","password":"%s"}', count - 1, password)
  return wrk.format('POST', nil, {['Content-Type'] = 'application/json'}, body)
end
