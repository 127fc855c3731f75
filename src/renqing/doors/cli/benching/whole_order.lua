-- A whole order, again and again, as a person's program makes it: a script of wrk's, run with one connection a thread
-- (each thread has variables of its own, so each is one person at a time). FIRST LINES ARE PUT BEFORE THIS: the file
-- of people (a token a line), one where each thread makes a mark at its end, the SKUs, how many threads there are and
-- how long new orders are begun.
--
-- put a piece into the cart · look at one's addresses · order it from the cart · start its payment · pay at the
-- sandbox's cashier (a connection of its own: wrk knows one host) · ask how it stands, which is answered when it is
-- paid, and again where that took too long. A thread ends its last order before it stops, so that what was begun is
-- what was acknowledged.

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long tv_sec; long tv_nsec; } bench_time;
  int clock_gettime(int clock, bench_time *at);
  typedef struct { unsigned short family; unsigned short port; unsigned int address; char zero[8]; } bench_address;
  int socket(int domain, int type, int protocol);
  int connect(int fd, const bench_address *address, unsigned int size);
  int setsockopt(int fd, int level, int name, const void *value, unsigned int size);
  long send(int fd, const char *data, size_t size, int flags);
  long recv(int fd, char *data, size_t size, int flags);
  int close(int fd);
]])

local STREAM, TCP, NODELAY, MONOTONIC, NO_SIGNAL = 1, 6, 1, 1, 0x4000
local PATIENCE_SECONDS, REST_MS = 10, 50 -- how long an answer may wait for the money; and before it is asked for again

local at = ffi.new("bench_time")
local function now()
  ffi.C.clock_gettime(MONOTONIC, at)
  return tonumber(at.tv_sec) * 1000 + tonumber(at.tv_nsec) / 1e6
end

-- the cashier --------------------------------------------------------------------------------------------------------
local cashier = -1
local answer = ffi.new("char[65536]")

local function connect_to(host, port)
  local a, b, c, d = host:match("(%d+)%.(%d+)%.(%d+)%.(%d+)")
  local address = ffi.new("bench_address")
  address.family = 2
  address.port = bit.bor(bit.lshift(bit.band(port, 0xff), 8), bit.rshift(port, 8))
  address.address = bit.bor(bit.lshift(d, 24), bit.lshift(c, 16), bit.lshift(b, 8), a)
  local fd = ffi.C.socket(2, STREAM, 0)
  ffi.C.setsockopt(fd, TCP, NODELAY, ffi.new("int[1]", 1), 4)
  if ffi.C.connect(fd, address, 16) ~= 0 then ffi.C.close(fd); return -1 end
  return fd
end

local function ask_cashier(host, port, path)
  if cashier < 0 then cashier = connect_to(host, port) end
  local said = string.format("POST %s HTTP/1.1\r\nhost: %s:%d\r\ncontent-length: 0\r\n\r\n", path, host, port)
  if cashier < 0 or ffi.C.send(cashier, said, #said, NO_SIGNAL) ~= #said then return false end
  local head = ""
  while not head:find("\r\n\r\n", 1, true) do
    local got = tonumber(ffi.C.recv(cashier, answer, 65536, 0))
    if got <= 0 then return false end
    head = head .. ffi.string(answer, got)
  end
  local length = tonumber(head:lower():match("content%-length: (%d+)") or 0)
  local body = #head - select(2, head:find("\r\n\r\n", 1, true))
  while body < length do
    local got = tonumber(ffi.C.recv(cashier, answer, 65536, 0))
    if got <= 0 then return false end
    body = body + got
  end
  return head:match("^HTTP/1%.1 303") ~= nil
end

local function pay(url)
  local host, port, path = url:match("^http://([^:/]+):(%d+)(/.*)$")
  for _ = 1, 2 do
    if ask_cashier(host, tonumber(port), path) then return true end
    if cashier >= 0 then ffi.C.close(cashier) end
    cashier = -1
  end
  return false
end

-- one person after the other -----------------------------------------------------------------------------------------
-- Tokens are equally long, so that each thread reads the one it needs: all of them in each of 256 threads were a tenth
-- of what the load cost. No file stays open: 256 threads have three descriptors each, and a process has 1,024.
local people_count, width, threads = 0, 0, {}
local person, turn, step, asks, rest = 0, 0, "cart", 0, 0
local token, sku, address, order, began, until_ms, tag

paid, bad, requests_made, first_ms, last_ms, waits = 0, 0, 0, 0, 0, {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  local people = io.open(PEOPLE_FILE)
  width = #people:read("*l") + 1
  people_count = people:seek("end") / width
  people:close()
  person, turn, tag = number, number * 7, tostring(args[1] or "run")
  until_ms = now() + SECONDS * 1000
  first_ms = now()
end

local function key() return tag .. "-" .. number .. "-" .. turn .. "-" .. step .. "-" .. asks end

local function ask(method, path, body)
  local headers = { authorization = "Bearer " .. token, ["content-type"] = "application/json" }
  if method ~= "GET" then headers["idempotency-key"] = key() end
  return wrk.format(method, path, headers, body)
end

local function begin()
  person, turn, step, asks = person + THREADS, turn + 1, "cart", 0
  local people = io.open(PEOPLE_FILE)
  people:seek("set", person % people_count * width)
  token, sku, began = people:read("*l"), SKUS[(turn * 31 + number) % #SKUS + 1], now()
  people:close()
end

function delay() return step == "look" and rest or 0 end

function request()
  requests_made = requests_made + 1
  if step == "cart" then
    begin()
    return ask("POST", "/v1/cart/lines", '{"sku_id":"' .. sku .. '","quantity":1}')
  elseif step == "address" then
    return ask("GET", "/v1/addresses")
  elseif step == "order" then
    return ask("POST", "/v1/orders", '{"lines":[{"sku_id":"' .. sku .. '","quantity":1}],"address_id":"' .. address
      .. '","from_cart":true}')
  elseif step == "payment" then
    return ask("POST", "/v1/orders/" .. order .. "/payments", '{"return_path":"/"}')
  end
  return ask("GET", "/v1/orders/" .. order .. "/payment?wait_seconds=" .. PATIENCE_SECONDS)
end

local function over(is_paid)
  if is_paid then
    paid, last_ms = paid + 1, now()
    waits[#waits + 1] = math.floor((last_ms - began) * 1000)
  else
    bad = bad + 1
  end
  step = "cart"
  if now() >= until_ms then
    local ended = io.open(ENDED_FILE, "a")
    ended:write(".")
    ended:close()
    wrk.thread:stop()
  end
end

function response(status, headers, body)
  if status ~= 200 and status ~= 201 then
    if bad < 3 then io.stderr:write(step .. " " .. status .. " " .. body:sub(1, 300) .. "\n") end
    return over(false)
  end
  if step == "cart" then
    step = "address"
  elseif step == "address" then
    address, step = body:match('"id":"(%d+)"'), "order"
  elseif step == "order" then
    order, step = body:match('"order_id":"(%d+)"'), "payment"
  elseif step == "payment" then
    if not pay(body:match('"cashier_url":"([^"]+)"')) then return over(false) end
    step, rest = "look", 0
  elseif body:find('"standing":"paid"', 1, true) then
    over(true)
  elseif body:find('"standing":"over"', 1, true) or asks > 300 then
    over(false)
  else
    asks, rest = asks + 1, REST_MS
  end
end

function done(summary)
  local all, last, first, sum = {}, 0, math.huge, { paid = 0, bad = 0, requests_made = 0 }
  for _, thread in ipairs(threads) do
    for name, _ in pairs(sum) do sum[name] = sum[name] + thread:get(name) end
    for _, wait in ipairs(thread:get("waits")) do all[#all + 1] = wait end
    first, last = math.min(first, thread:get("first_ms")), math.max(last, thread:get("last_ms"))
  end
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('JSON {"paid":%d,"bad":%d,"requests":%d,"micros":%d,"waits":[%s]}\n', sum.paid, sum.bad + lost,
    sum.requests_made, math.floor((last - first) * 1000), table.concat(all, ",")))
end
