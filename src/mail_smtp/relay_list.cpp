#include "mail_smtp/relay_list.hpp"

#include <algorithm>
#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <string>

#include "mail_smtp/app_password.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

namespace urls = boost::urls;

constexpr std::uint16_t kSubmissionPort = 587;
constexpr std::uint16_t kImplicitTlsPort = 465;
constexpr std::uint16_t kPlainPort = 25;

Error invalid(const char* detail) { return Error{"invalid_url", Retry::kNever, detail}; }

bool is_host_char(char c) { return ascii::is_alnum(c) || c == '-' || c == '.' || c == '_'; }

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), ascii::is_control);
}

Status read_host(const urls::authority_view& authority, SmtpOptions& relay) {
  relay.host = authority.host_address();
  const bool is_name = authority.host_type() == urls::host_type::name;
  if (relay.host.empty() || authority.host_type() == urls::host_type::ipvfuture ||
      (is_name && !std::all_of(relay.host.begin(), relay.host.end(), is_host_char)))
    return invalid("a host is missing or has characters that no host name has");
  if (!authority.has_port()) return {};
  const auto port = authority.port();
  const auto read = std::from_chars(port.data(), port.data() + port.size(), relay.port);
  if (read.ec != std::errc() || read.ptr != port.data() + port.size() || relay.port == 0)
    return invalid("a port is no number from 1 to 65535");
  return {};
}

Status read_login(const urls::authority_view& authority, SmtpOptions& relay) {
  relay.auth = SmtpAuth::kAuto;
  relay.oauth = nullptr;
  relay.user.clear();
  relay.password = Secret();
  if (!authority.has_userinfo()) return {};
  relay.user = authority.user();
  relay.password = Secret(plain_app_password(relay.host, authority.password()));
  if (relay.user.empty() || relay.password.empty())
    return invalid("user and password belong together");
  if (has_control(relay.user) || has_control(relay.password.view()))
    return invalid("a user or a password has a control character");
  return {};
}

Result<SmtpOptions> parse_url(std::string_view text, const SmtpOptions& main) {
  const auto url = urls::parse_uri(text);
  if (!url) return invalid("an entry is no URL: is all in its user and password percent-encoded?");
  const bool implicit = url->scheme() == "smtps";
  if (!implicit && url->scheme() != "smtp")
    return invalid("an entry is HOST[:PORT], smtp://... or smtps://...");
  const bool has_path = !url->encoded_path().empty() && url->encoded_path() != "/";
  const bool plain = url->has_query() && url->encoded_query() == "tls=none";
  if (has_path || url->has_fragment() || (url->has_query() && (!plain || implicit)))
    return invalid("after the host only ?tls=none may follow, and only with smtp://");
  SmtpOptions relay = main;
  relay.tls = implicit ? SmtpTls::kImplicit : plain ? SmtpTls::kNone : SmtpTls::kStartTls;
  relay.port = implicit ? kImplicitTlsPort : plain ? kPlainPort : kSubmissionPort;
  if (Status read = read_host(url->authority(), relay); !read) return read.error();
  if (Status read = read_login(url->authority(), relay); !read) return read.error();
  return relay;
}

Result<SmtpOptions> parse_entry(std::string_view text, const SmtpOptions& main) {
  if (text.empty()) return invalid("an entry is empty");
  if (text.find("://") != std::string_view::npos) return parse_url(text, main);
  const auto authority = urls::parse_authority(text);
  if (!authority || authority->has_userinfo())
    return invalid("an entry is HOST[:PORT], smtp://... or smtps://...");
  SmtpOptions relay = main;
  if (Status read = read_host(*authority, relay); !read) return read.error();
  return relay;
}

}  // namespace

Result<std::vector<SmtpOptions>> parse_relays(std::string_view list, const SmtpOptions& main) {
  std::vector<SmtpOptions> relays;
  for (;;) {
    const std::size_t comma = list.find(',');
    Result<SmtpOptions> relay = parse_entry(ascii::trim(list.substr(0, comma)), main);
    if (!relay) return relay.error();
    relays.push_back(*std::move(relay));
    // The main one is a relay too.
    if (relays.size() >= limits::kSmtpRelays) return invalid("too many relays: at most 7");
    if (comma == std::string_view::npos) return relays;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace postern
