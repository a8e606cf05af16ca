-- As the peers' page.lua, with the header that a trusted proxy adds.
dofile(os.getenv("PEER_LUA"))
local reqs, n = {}, 0
function init(args)
  for line in io.lines(os.getenv("REQUESTS")) do
    local path, cookie = line:match("^(.-)\t(.*)$")
    reqs[#reqs + 1] = wrk.format("GET", path, { Cookie = cookie, ["X-Forwarded-Proto"] = "https" })
  end
end
function request()
  n = n % #reqs + 1
  return reqs[n]
end
