-- wrk's load: people who are logged in sign in to a product. Each sign-in is two requests: GET
-- /authorize in the browser, and POST /token with the code that came back.
--
--   wrk … -s bench/sign_in.lua URL -- FIELDS COOKIES
--
-- FIELDS is the file of two lines: the query of /authorize, and the body of /token without its code.
-- COOKIES has a session's cookie in each line, taken in turns. Prints figures.lua's line; `requests`
-- counts sign-ins.
local figures = require 'figures'

local authorize, body
local cookies, codes = {}, {}
local next_cookie = 0
-- Globals, which done() reads from the thread.
sign_ins, refused = 0, 0

local function read(name)
  local lines = {}
  for line in io.lines(name) do lines[#lines + 1] = line end
  return lines
end

function init(args)
  local fields = read(args[1])
  authorize, body = '/authorize?' .. fields[1], fields[2]
  cookies = read(args[2])
end

function request()
  local code = table.remove(codes)
  if code then
    return wrk.format('POST', '/token',
      {['Content-Type'] = 'application/x-www-form-urlencoded'}, body .. '&code=' .. code)
  end
  next_cookie = next_cookie % #cookies + 1
  return wrk.format('GET', authorize, {['Cookie'] = cookies[next_cookie]})
end

function response(status, headers)
  local code = headers['Location'] and headers['Location']:match('[?&]code=([%w_-]+)')
  if code then
    codes[#codes + 1] = code
  elseif status == 200 then
    sign_ins = sign_ins + 1
  else
    refused = refused + 1
  end
end

local thread
function setup(it) thread = it end

function done(summary, latency)
  figures.print(thread:get('sign_ins'), thread:get('refused'), summary, latency)
end
