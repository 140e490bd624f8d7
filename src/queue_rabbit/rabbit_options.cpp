#include "queue_rabbit/rabbit_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace postern {
namespace {

constexpr int kPlainPort = 5672;
constexpr int kTlsPort = 5671;
constexpr int kMaxPort = 65535;
constexpr int kMaxHeartbeatSeconds = 600;
constexpr std::size_t kParameterBytes = 40;

Error invalid(std::string detail) { return Error{"invalid_url", Retry::kNever, std::move(detail)}; }

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Nothing for a broken escape and for controls, which have no place in a name.
std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size()) return std::nullopt;
      const auto high = hex_digit(text[at + 1]);
      const auto low = hex_digit(text[at + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      at += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    out += c;
  }
  return out;
}

std::optional<int> parse_number(std::string_view text, int max) {
  int value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (value < 1 || value > max || text.front() == '-') return std::nullopt;
  return value;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_ipv6_character(char c) { return hex_digit(c) || c == ':' || c == '.'; }

/// host, host:port, [address], [address]:port.
Result<RabbitHost> parse_host(std::string_view text, int default_port) {
  std::string_view name = text;
  std::string_view port;
  bool (*allowed)(char) = is_host_character;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return invalid("a bracket is not closed");
    name = text.substr(1, close - 1);
    port = text.substr(close + 1);
    allowed = is_ipv6_character;
    if (!port.empty() && !port.starts_with(':')) return invalid("something follows an address");
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    name = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (name.empty() || !std::all_of(name.begin(), name.end(), allowed)) {
    return invalid("a host is missing or has characters that no host name has");
  }
  if (port.empty()) return RabbitHost{std::string(name), default_port};
  const auto number = parse_number(port.substr(1), kMaxPort);
  if (!number) return invalid("a port is no number from 1 to 65535");
  return RabbitHost{std::string(name), *number};
}

Status read_user_info(std::string_view text, RabbitOptions& options) {
  const auto colon = text.find(':');
  auto user = percent_decode(text.substr(0, colon));
  if (!user || user->empty()) return invalid("the user is unusable");
  options.user = std::move(*user);
  options.password.clear();
  if (colon == std::string_view::npos) return {};
  auto password = percent_decode(text.substr(colon + 1));
  if (!password) return invalid("the password is not percent-encoded as it should be");
  options.password = std::move(*password);
  return {};
}

Status read_heartbeat(std::string_view value, RabbitOptions& options) {
  const auto seconds = value == "0" ? 0 : parse_number(value, kMaxHeartbeatSeconds);
  if (!seconds) return invalid("heartbeat is a number of seconds up to 600, or 0 for none");
  options.heartbeat = std::chrono::seconds(*seconds);
  return {};
}

Status read_parameter(std::string_view name, std::string value, RabbitOptions& options) {
  const std::array files{std::pair{"cacertfile", &options.ca_file},
                         std::pair{"certfile", &options.cert_file},
                         std::pair{"keyfile", &options.key_file}};
  for (const auto& [key, file] : files) {
    if (name != key) continue;
    if (value.empty()) return invalid(std::string(key) + " needs the path of a PEM file");
    *file = std::move(value);
    return {};
  }
  if (name == "heartbeat") return read_heartbeat(value, options);
  if (name == "verify") {
    if (value == "verify_peer") return {};
    return invalid(
        "verify can only be verify_peer: the broker's certificate is always verified,"
        " and cacertfile names the authority to trust");
  }
  // A name that is no plain word is not repeated: it may be a part of the password.
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), is_host_character);
  options.unused_parameters.push_back(plain ? std::string(name.substr(0, kParameterBytes)) : "?");
  return {};
}

/// Checks the parameters together.
Status check_query(RabbitOptions& options) {
  if (options.key_file.empty()) options.key_file = options.cert_file;
  if (options.cert_file.empty() && !options.key_file.empty()) {
    return invalid("keyfile needs certfile, the certificate of that key");
  }
  if (!options.tls && !(options.ca_file + options.cert_file).empty()) {
    return invalid("cacertfile, certfile and keyfile need amqps://");
  }
  return {};
}

Status read_query(std::string_view query, RabbitOptions& options) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto field = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (field.empty()) continue;
    const auto equals = std::min(field.find('='), field.size());
    auto value = percent_decode(field.substr(std::min(equals + 1, field.size())));
    if (!value) return invalid("a parameter is not percent-encoded as it should be");
    auto status = read_parameter(field.substr(0, equals), *std::move(value), options);
    if (!status) return status;
  }
  return check_query(options);
}

/// Without its slash. An empty one is the broker's default, and so is a second slash, as other
/// clients write it.
Status read_vhost(std::string_view path, RabbitOptions& options) {
  if (path.empty() || path == "/") return {};
  if (path.find('@') != std::string_view::npos) {
    return invalid("an '@' follows the first '/': a '/' in the password is written %2F");
  }
  const auto vhost = percent_decode(path);
  if (!vhost || path.find('/') != std::string_view::npos) {
    return invalid("the vhost is not percent-encoded as it should be: a '/' in it is written %2F");
  }
  options.vhost = *vhost;
  return {};
}

/// A password may hold what ends the authority. The error quotes nothing else of it.
Status check_password_characters(std::string_view url) {
  const auto at = url.find('@');
  if (at == std::string_view::npos || url.find_first_of("?#") > at) return {};
  return invalid("a '?' or '#' stands before the '@': a password has %3F and %23 for them");
}

Status read_hosts(std::string_view list, RabbitOptions& options) {
  const int default_port = options.tls ? kTlsPort : kPlainPort;
  for (;;) {
    const auto comma = list.find(',');
    auto host = parse_host(list.substr(0, comma), default_port);
    if (!host) return host.error();
    options.hosts.push_back(std::move(*host));
    if (options.hosts.size() > limits::kBrokerHosts) return invalid("too many hosts");
    if (comma == std::string_view::npos) return {};
    list.remove_prefix(comma + 1);
  }
}

/// Schemes know no case.
bool has_scheme(std::string_view url, std::string_view scheme) {
  return url.size() >= scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), url.begin(), [](char expected, char given) {
           return given == expected || (given >= 'A' && given <= 'Z' && given + 32 == expected);
         });
}

/// One URL, whose authority may list several hosts.
Result<RabbitOptions> parse_one(std::string_view url) {
  RabbitOptions options;
  if (has_scheme(url, "amqps://")) {
    options.tls = true;
    url.remove_prefix(8);
  } else if (has_scheme(url, "amqp://")) {
    url.remove_prefix(7);
  } else {
    return invalid("it must begin with amqp:// or amqps://");
  }
  if (auto status = check_password_characters(url); !status) return status.error();
  if (url.find('#') != std::string_view::npos) return invalid("a fragment has no meaning here");
  if (const auto mark = url.find('?'); mark != std::string_view::npos) {
    if (auto status = read_query(url.substr(mark + 1), options); !status) return status.error();
    url = url.substr(0, mark);
  }
  if (const auto slash = url.find('/'); slash != std::string_view::npos) {
    auto status = read_vhost(url.substr(slash + 1), options);
    if (!status) return status.error();
    url = url.substr(0, slash);
  }
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    if (auto status = read_user_info(url.substr(0, at), options); !status) return status.error();
    url.remove_prefix(at + 1);
  }
  if (auto status = read_hosts(url, options); !status) return status.error();
  return options;
}

/// Where the next whole URL of a list begins: after a comma.
std::size_t next_url(std::string_view list) {
  return std::min(list.find(",amqp://"), list.find(",amqps://"));
}

bool same_but_hosts(const RabbitOptions& a, const RabbitOptions& b) {
  return a.user == b.user && a.password == b.password && a.vhost == b.vhost && a.tls == b.tls &&
         a.ca_file == b.ca_file && a.cert_file == b.cert_file && a.key_file == b.key_file &&
         a.heartbeat == b.heartbeat;
}

}  // namespace

Result<RabbitOptions> parse_rabbit_url(const std::string& url) {
  std::string_view rest = url;
  auto end = next_url(rest);
  auto all = parse_one(rest.substr(0, end));
  while (all && end != std::string_view::npos) {
    rest.remove_prefix(end + 1);
    end = next_url(rest);
    auto more = parse_one(rest.substr(0, end));
    if (!more) return more.error();
    if (!same_but_hosts(*all, *more)) {
      return invalid("the URLs of one broker may differ in host and port only");
    }
    all->hosts.insert(all->hosts.end(), more->hosts.begin(), more->hosts.end());
    if (all->hosts.size() > limits::kBrokerHosts) return invalid("too many hosts");
  }
  return all;
}

}  // namespace postern
