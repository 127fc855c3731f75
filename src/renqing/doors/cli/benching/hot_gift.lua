-- Claims of a hot gift, one a person: a script of wrk's. FIRST LINES ARE PUT BEFORE THIS: the file of claims (a token,
-- a key and a body a line), one where each thread makes a mark at its end, how many threads there are, where the claims
-- are asked for and what an answer has that says yes.
--
-- Each thread has its own part of the claims, made into requests before the clock starts. When all are asked for, the
-- connections wait until the last claim is answered, so what was asked is what was answered: each has begun a request
-- that it does not end, for wrk has to send something, and whole requests would be counted as work for the claims.

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long tv_sec; long tv_nsec; } bench_time;
  int clock_gettime(int clock, bench_time *at);
]])
local at = ffi.new("bench_time")
local function now()
  ffi.C.clock_gettime(1, at)
  return tonumber(at.tv_sec) * 1e6 + tonumber(at.tv_nsec) / 1e3
end

local claims, threads, nothing, asked, tried, over = {}, {}, nil, 0, false, false
claimed, bad, first_us, last_us = 0, 0, 0, 0

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init()
  local place = 0
  for line in io.lines(CLAIMS_FILE) do
    if place % THREADS == number then
      local token, key, body = line:match("^(%S+) (%S+) (.+)$")
      claims[#claims + 1] = wrk.format("POST", CLAIMS_PATH, {
        authorization = "Bearer " .. token, ["idempotency-key"] = key, ["content-type"] = "application/json" }, body)
    end
    place = place + 1
  end
  nothing = "GET /healthz HTTP/1.1\r\n"
end

function request()
  if number == 0 and not tried then  -- wrk tries the first thread's script once before it begins
    tried = true
    return claims[1]
  end
  if asked == 0 then first_us = now() end
  asked = asked + 1
  return claims[asked] or nothing
end

function response(status, _, body)
  if status == 200 and body:find(CLAIMS_SIGN, 1, true) then
    claimed = claimed + 1
  elseif status ~= 200 then
    if bad < 3 then io.stderr:write(status .. " " .. body:sub(1, 300) .. "\n") end
    bad = bad + 1
  end
  if claimed + bad >= #claims and not over then
    over, last_us = true, now()
    local ended = io.open(ENDED_FILE, "a")
    ended:write(".")
    ended:close()
    wrk.thread:stop()
  end
end

function done(summary, latency)
  local sum, first, last = { claimed = 0, bad = 0 }, math.huge, 0
  for _, thread in ipairs(threads) do
    for name, _ in pairs(sum) do sum[name] = sum[name] + thread:get(name) end
    first, last = math.min(first, thread:get("first_us")), math.max(last, thread:get("last_us"))
  end
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('JSON {"claimed":%d,"bad":%d,"micros":%d,"p50":%d,"p99":%d}\n', sum.claimed, sum.bad + lost,
    math.floor(last - first), latency:percentile(50), latency:percentile(99)))
end
