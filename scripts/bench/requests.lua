-- The requests of the benchmarks, for wrk:  wrk -s scripts/bench/requests.lua URL -- OPERATION
-- The data they run on is loaded by measure_http.py, which also names the counts below.

local ITEMS = 10000          -- one each in the partitions item-00000 ...
local QUERY_PARTITIONS = 200 -- 25 items each in the partitions query-00000 ...
local WRITTEN_KEYS = 100000
local PAYLOAD = string.rep("x", 900)

local function key(partition, sort)
  return string.format('{"pk":{"S":"%s"},"sk":{"S":"%s"}}', partition, sort)
end

local function item(partition, sort)
  return string.format(
    '{"pk":{"S":"%s"},"sk":{"S":"%s"},"hits":{"N":"12345"},"tags":{"L":[{"S":"red"},{"S":"blue"}]},"payload":{"S":"%s"}}',
    partition, sort, PAYLOAD)
end

local function existing() return string.format("item-%05d", math.random(0, ITEMS - 1)) end
local function written() return string.format("written-%06d", math.random(0, WRITTEN_KEYS - 1)) end

local bodies = {
  GetItem = function()
    return string.format('{"TableName":"bench","Key":%s}', key(existing(), "0"))
  end,
  PutItem = function()
    return string.format('{"TableName":"written","Item":%s}', item(written(), "0"))
  end,
  PutItemIf = function()
    return string.format(
      '{"TableName":"bench","Item":%s,"ConditionExpression":"hits < :max","ExpressionAttributeValues":{":max":{"N":"99999"}}}',
      item(existing(), "0"))
  end,
  UpdateItem = function()
    return string.format(
      '{"TableName":"bench","Key":%s,"UpdateExpression":"SET hits = hits + :one","ExpressionAttributeValues":{":one":{"N":"1"}}}',
      key(existing(), "0"))
  end,
  Query = function()
    return string.format(
      '{"TableName":"bench","KeyConditionExpression":"pk = :pk","ExpressionAttributeValues":{":pk":{"S":"query-%05d"}}}',
      math.random(0, QUERY_PARTITIONS - 1))
  end,
  Scan = function()
    return '{"TableName":"bench","Limit":200}'
  end,
  TransactWriteItems = function()
    local first, updates = math.random(0, ITEMS - 1), {}
    for i = 1, 4 do
      updates[i] = string.format(
        '{"Update":{"TableName":"bench","Key":%s,"UpdateExpression":"SET hits = hits + :one","ExpressionAttributeValues":{":one":{"N":"1"}}}}',
        key(string.format("item-%05d", (first + i * 2500) % ITEMS), "0"))
    end
    return string.format('{"TransactItems":[%s]}', table.concat(updates, ","))
  end,
  BatchWriteItem = function()
    local puts, partition = {}, written()
    for sort = 1, 25 do
      puts[sort] = string.format('{"PutRequest":{"Item":%s}}', item(partition, sort))
    end
    return string.format('{"RequestItems":{"written":[%s]}}', table.concat(puts, ","))
  end,
}

-- How many different requests are made; they are sent in turn.
local VARIANTS, BATCH_VARIANTS = 4096, 256

function init(arguments)
  local name = arguments[1]
  local body = assert(bodies[name], "an operation of requests.lua is needed after --")
  local headers = {
    ["Content-Type"] = "application/x-amz-json-1.0",
    ["X-Amz-Target"] = "DynamoDB_20120810." .. name:gsub("If$", ""),
    ["X-Amz-Date"] = "20260101T000000Z",
    ["Authorization"] = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, "
      .. "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" .. string.rep("0123456789abcdef", 4),
  }
  -- Written beforehand, so that the client takes as little of the machine as it can.
  math.randomseed(1)
  prepared = {}
  count = name == "BatchWriteItem" and BATCH_VARIANTS or VARIANTS
  for i = 1, count do
    prepared[i] = wrk.format("POST", "/", headers, body())
  end
  at = 0
end

function request()
  at = at % count + 1
  return prepared[at]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("\nRESULT requests=%d micros=%d p50=%d p99=%d failed=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
