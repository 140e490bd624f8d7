// What a request says of its sender: cookies, the Authorization header, the target, and the tokens
// in them, on any bytes. The first byte chooses. Whatever is read was there as a whole, and what is
// written can be read again.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/device_token.hpp"
#include "crypto/sealed.hpp"
#include "crypto/session_token.hpp"
#include "http/target.hpp"
#include "property.hpp"
#include "text/ascii.hpp"
#include "text/form.hpp"
#include "text/utf8.hpp"
#include "web/negotiation.hpp"
#include "web/visitor.hpp"

namespace {

using namespace postern;

constexpr std::string_view kSession = "__Host-postern";
constexpr TimePoint kNow = TimePoint(Duration(1'800'000'000'000));

/// One header a line: `C` and a Cookie, `A` and an Authorization, `L` and an Accept-Language.
HttpRequest read_request(std::string_view lines) {
  HttpRequest request;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty()) continue;
    const char* name = line[0] == 'A'   ? "Authorization"
                       : line[0] == 'L' ? "Accept-Language"
                                        : "cookie";
    request.headers.emplace_back(name, line.substr(1));
  }
  return request;
}

/// Every pair of every Cookie header, read by another rule: split at all semicolons first.
std::vector<std::pair<std::string, std::string>> pairs_of(const HttpRequest& request) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : request.headers) {
    if (name != "cookie") continue;
    std::vector<std::string> parts(1);
    for (const char c : value) c == ';' ? void(parts.emplace_back()) : void(parts.back() += c);
    for (const std::string& part : parts) {
      const auto pair = ascii::trim(part);
      const std::size_t equals = pair.find('=');
      if (equals != std::string_view::npos) {
        pairs.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
      }
    }
  }
  return pairs;
}

void check_sender(std::string_view lines) {
  const HttpRequest request = read_request(lines);
  std::vector<std::string> sessions;
  for (const auto& [name, value] : pairs_of(request)) {
    if (name == kSession) sessions.push_back(value);
  }
  // Which of two cookies is ours is not for us to guess.
  const std::string session = session_cookie_of(request);
  require(session == (sessions.size() == 1 ? sessions.front() : std::string()));
  const Credentials credentials = credentials_of(request);
  const bool authorized = !request.header("Authorization").empty();
  require(authorized == !credentials.access_token.empty());
  require(credentials.cookie == (authorized ? std::string() : session));
  for (const auto& [id, sealed] : flow_cookies_of(request)) {
    require(id.find_first_of("=;") == std::string::npos && sealed.find(';') == std::string::npos);
  }
  const std::string locale = choose_locale(request, std::nullopt);
  require(locale == "en" || locale == "ru");
  require(choose_locale(request, "ru") == "ru");
}

void check_target(std::string_view target) {
  std::string path, query;
  if (parse_target(target, path, query)) return;
  require(path.starts_with('/') && is_valid_utf8(path));
  require(path.find("//") == std::string::npos && path.find('\0') == std::string::npos);
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    require(segment != "." && segment != "..");
    rest.remove_prefix(segment.size());
  }
  require(query.find_first_of(" \r\n#") == std::string::npos);
  // The canonical path is its own canonical path.
  std::string encoded;
  for (const char c : path) encoded += c == '/' ? std::string("/") : percent_encode({&c, 1});
  std::string again, no_query;
  require(!parse_target(encoded, again, no_query) && again == path && no_query.empty());
}

/// No client without the key makes a token that is read, whatever it is a variation of.
void check_tokens(std::string_view text) {
  static const Secret key(std::string(32, 'k'));
  static const SessionTokens sessions(key);
  static const DeviceTokens devices(key);
  static const DeviceOwner owner{"01964d1a-0000-7000-8000-000000000000", "a@b.example", 3};
  static const std::string device = devices.make(owner, std::string(16, 'd'), kNow);
  for (const auto use : {SessionTokenUse::kRefresh, SessionTokenUse::kCookie}) {
    require(!sessions.read(use, text));
  }
  require(!open_sealed(key, "place", text));
  const std::string list = devices.put_in_front(text, device, owner.email_key);
  const auto found = devices.find(list, owner.email_key, kNow);
  require(found && found->belongs_to(owner) && found->id == std::string(16, 'd'));
  require(devices.put_in_front(list, device, owner.email_key) == list);
  require(!devices.find(list, "other@b.example", kNow));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      check_sender(text);
      break;
    case 1:
      check_target(text);
      break;
    default:
      check_tokens(text);
  }
  return 0;
}
