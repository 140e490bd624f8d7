-- wrk's load: the same request again and again.
--
--   wrk … -s bench/requests.lua URL
--
-- Prints figures.lua's line.
require 'figures'
