// Authorization requests from any bytes. The first byte chooses: a redirect URI that a client would
// register, or a query for GET /authorize, over the routes and with or without a session. No answer
// leads to an address that its client has not registered, and each one that does brings back the
// state, the issuer, and either a code or an error.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/password.hpp"
#include "fakes/web_app.hpp"
#include "oidc/authorization_request.hpp"
#include "oidc/redirect_uri.hpp"
#include "property.hpp"
#include "text/ascii.hpp"
#include "text/form.hpp"
#include "web/routes.hpp"

namespace {

using namespace postern;

constexpr std::string_view kEmail = "ada@example.com";

std::vector<Client> clients() {
  Client notes{"notes", "Notes"};
  notes.redirect_uris = {"https://notes.example/callback", "http://127.0.0.1/done?x=1",
                         "com.example.notes:/callback"};
  Client shop{"shop", "Shop"};
  shop.redirect_uris = {"https://shop.example/callback"};
  shop.third_party = true;
  return {notes, shop};
}

class App : fakes::WebApp {
 public:
  App() {
    add_account(std::string(kEmail), AccountState::kConfirmed);
    auto account = *database_.account_of(kEmail);
    account.password_hash = *hash_password(kGoodPassword);
    database_.put(account);
    require(bool(keys_.load()));
    const auto stored = writer_.run([](Store& store) -> Status {
      for (const Client& client : clients()) {
        if (auto status = store.put_client(client); !status) return status;
      }
      return {};
    });
    require(bool(stored));
    const auto response = post_form(
        "/login", "email=" + percent_encode(kEmail) + "&password=" + percent_encode(kGoodPassword));
    const std::string set = fakes::header_of(response, "Set-Cookie");
    cookie_ = set.substr(0, set.find(';'));
    require(response.status == 303 && !cookie_.empty());
  }

  HttpResponse authorize(const std::string& query, bool logged_in) const {
    std::vector<HttpHeader> headers{{"Accept", kBrowserAccept}};
    if (logged_in) headers.emplace_back("Cookie", cookie_);
    return get("/authorize", query, std::move(headers));
  }

 private:
  std::string cookie_;
};

std::string_view field(const FormFields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

/// Whether the browser is sent to that client: the registered URI byte by byte, or another port of
/// this machine, and then parameters.
bool leads_to(std::string_view location, const Client& client) {
  return std::ranges::any_of(client.redirect_uris, [&](std::string_view uri) {
    constexpr std::string_view kLoopback = "http://127.0.0.1";
    std::string_view rest = location;
    if (uri.starts_with(kLoopback) && rest.starts_with(kLoopback)) {
      uri.remove_prefix(kLoopback.size());
      rest.remove_prefix(kLoopback.size());
      if (rest.starts_with(':')) {
        rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
      }
    }
    if (!rest.starts_with(uri)) return false;
    rest.remove_prefix(uri.size());
    return rest.starts_with(uri.find('?') == uri.npos ? '?' : '&');
  });
}

void check_redirect(std::string_view location, const FormFields& asked, bool logged_in) {
  require(std::ranges::all_of(location, [](char c) { return c > ' ' && c < 0x7F; }));
  const auto known = clients();
  const auto client = std::ranges::find(known, field(asked, "client_id"), &Client::id);
  require(client != known.end());
  // A page of ours on the way there: it leads to the same address in the end.
  constexpr std::string_view kContinue = "https://accounts.example.com/authorize/continue?";
  if (location.starts_with("/login?") || location.starts_with("/register?") ||
      location.starts_with(kContinue)) {
    return require(leads_to(with_query(field(asked, "redirect_uri"), "x"), *client));
  }
  require(leads_to(location, *client));
  const auto answer = parse_urlencoded(location.substr(location.find('?') + 1));
  require(bool(answer));
  require(field(*answer, "state") == field(asked, "state"));
  require(field(*answer, "iss") == kBaseUrl);
  require(answer->contains("code") != answer->contains("error"));
  require(!answer->contains("code") || (logged_in && field(asked, "response_type") == "code" &&
                                        field(asked, "code_challenge_method") == "S256"));
}

/// What the text says over a request that is good.
std::string query_of(std::string_view text, FormFields& asked) {
  asked = {{"client_id", "notes"},
           {"redirect_uri", "https://notes.example/callback"},
           {"response_type", "code"},
           {"scope", "openid email"},
           {"state", "s t"},
           {"code_challenge", std::string(43, 'a')},
           {"code_challenge_method", "S256"}};
  const auto given = parse_urlencoded(text);
  if (!given) {
    asked.clear();
    return std::string(text);
  }
  for (const auto& [name, value] : *given) asked[name] = value;
  std::string query;
  for (const auto& [name, value] : asked) {
    query += (query.empty() ? "" : "&") + percent_encode(name) + '=' + percent_encode(value);
  }
  return query;
}

void check_request(std::string_view text, bool logged_in) {
  static const App app;
  FormFields asked;
  const std::string query = query_of(text, asked);
  const HttpResponse response = app.authorize(query, logged_in);
  require(response.status < 500);
  const std::string location = fakes::header_of(response, "Location");
  require((response.status == 303) == !location.empty());
  if (!location.empty()) check_redirect(location, asked, logged_in);
}

void check_uri(const std::string& uri) {
  if (!check_redirect_uri(uri)) {
    require(!matches_redirect_uri(uri, std::vector{uri}));
    return;
  }
  require(std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 0x7F; }));
  require(uri.find_first_of("#\\\"<>*") == uri.npos);
  require(matches_redirect_uri(uri, std::vector{uri}));
  require(!matches_redirect_uri(uri, std::vector<std::string>{"https://other.example/"}) ||
          uri == "https://other.example/");
  AuthorizationRequest request;
  request.redirect_uri = uri;
  request.state = uri;
  const std::string location = code_redirect(request, kBaseUrl, "c");
  require(location.starts_with(uri));
  const auto parameters = parse_urlencoded(location.substr(uri.size() + 1));
  require(parameters && field(*parameters, "state") == uri && field(*parameters, "code") == "c");
  const std::string lower = ascii::to_lower(uri);
  require(!lower.starts_with("javascript:") && !lower.starts_with("data:"));
  require(origin_of(uri).empty() || uri.starts_with(origin_of(uri)));
  require(form_source(uri).find_first_of(" ;,'") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of(data + 1, size - 1);
  if (data[0] % 4 == 0) {
    check_uri(std::string(text));
  } else {
    check_request(text, data[0] % 4 == 1);
  }
  return 0;
}
