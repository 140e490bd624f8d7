#include "http/status.hpp"

#include <algorithm>
#include <array>

namespace postern {
namespace {

struct Title {
  int status;
  std::string_view text;
};

/// In order of their numbers.
constexpr std::array kTitles{
    Title{200, "OK"},
    Title{201, "Created"},
    Title{202, "Accepted"},
    Title{204, "No Content"},
    Title{301, "Moved Permanently"},
    Title{302, "Found"},
    Title{303, "See Other"},
    Title{304, "Not Modified"},
    Title{307, "Temporary Redirect"},
    Title{308, "Permanent Redirect"},
    Title{400, "Bad Request"},
    Title{401, "Unauthorized"},
    Title{403, "Forbidden"},
    Title{404, "Not Found"},
    Title{405, "Method Not Allowed"},
    Title{406, "Not Acceptable"},
    Title{408, "Request Timeout"},
    Title{409, "Conflict"},
    Title{410, "Gone"},
    Title{411, "Length Required"},
    Title{413, "Content Too Large"},
    Title{414, "URI Too Long"},
    Title{415, "Unsupported Media Type"},
    Title{417, "Expectation Failed"},
    Title{421, "Misdirected Request"},
    Title{422, "Unprocessable Content"},
    Title{429, "Too Many Requests"},
    Title{431, "Request Header Fields Too Large"},
    Title{500, "Internal Server Error"},
    Title{501, "Not Implemented"},
    Title{502, "Bad Gateway"},
    Title{503, "Service Unavailable"},
    Title{504, "Gateway Timeout"},
    Title{505, "HTTP Version Not Supported"},
    Title{507, "Insufficient Storage"},
};

}  // namespace

std::string_view status_title(int status) {
  const auto* found = std::ranges::lower_bound(kTitles, status, {}, &Title::status);
  return found != kTitles.end() && found->status == status ? found->text : "Unknown Status";
}

}  // namespace postern
