// What of the provider's routes depends on time; the rest is tests/e2e/oidc_test.py's.
#include "base/limits.hpp"
#include "base/oidc_limits.hpp"
#include "oidc/client_authentication.hpp"
#include "web/session_routes_fixture_test.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCallback = "https://notes.example/callback";
/// 43 characters, and the challenge of S256 for them.
const std::string kVerifier(43, 'v');
const std::string kChallenge = base64url_encode(sha256(kVerifier));

class OidcRoutes : public SessionRoutes {
 protected:
  OidcRoutes() { put_client({.id = "notes", .name = "Notes", .redirect_uris = {kCallback}}); }

  void put_client(Client client) {
    EXPECT_TRUE(writer_.run([&](Store& store) { return store.put_client(client); }));
  }

  static std::string query(const std::string& more = {}) {
    return std::string("client_id=notes&redirect_uri=") + percent_encode(kCallback) +
           "&response_type=code&scope=openid%20offline_access&code_challenge=" + kChallenge +
           "&code_challenge_method=S256" + more;
  }

  HttpResponse authorize(const HttpHeader& with, const std::string& more = {}) const {
    return get("/authorize", query(more), {with, {"Accept", kBrowserAccept}});
  }

  static std::string code_of(const HttpResponse& response) {
    const auto location = header_of(response, "Location");
    const auto start = location.find("code=") + 5;
    return location.substr(start, location.find('&', start) - start);
  }

  HttpResponse ask_token(const std::string& fields) const {
    HttpRequest request;
    request.method = "POST";
    request.path = "/token";
    request.body = "client_id=notes&" + fields;
    request.headers = {{"Content-Type", kUrlencoded}};
    return call(request);
  }

  HttpResponse exchange(const std::string& code) const {
    return ask_token("grant_type=authorization_code&code=" + code +
                     "&redirect_uri=" + percent_encode(kCallback) + "&code_verifier=" + kVerifier);
  }

  HttpResponse refresh(const std::string& token) const {
    return ask_token("grant_type=refresh_token&refresh_token=" + token);
  }
};

TEST_F(OidcRoutes, I1_a_code_is_good_for_a_minute) {
  const auto with = cookie();
  const auto first = code_of(authorize(with)), second = code_of(authorize(with));
  clock_.advance(limits::kCodeLife - 1ms);
  EXPECT_EQ(exchange(first).status, 200);
  clock_.advance(1ms);
  EXPECT_EQ(exchange(second).status, 400);
}

TEST_F(OidcRoutes, I8_max_age_counts_from_the_login) {
  const auto with = cookie();
  clock_.advance(60s);
  EXPECT_TRUE(header_of(authorize(with, "&max_age=60"), "Location").starts_with(kCallback));
  clock_.advance(1ms);
  EXPECT_TRUE(header_of(authorize(with, "&max_age=60"), "Location").starts_with("/login?"));
}

TEST_F(OidcRoutes, a_flow_is_forgotten_after_its_life) {
  const auto login = authorize({"Cookie", ""});
  const auto set = header_of(login, "Set-Cookie");
  const HttpHeader flow{"Cookie", set.substr(0, set.find(';'))};
  const auto id = set.substr(set.find("flow-") + 5, set.find('=') - set.find("flow-") - 5);
  const auto go_on = [&] {
    return get("/authorize/continue", "flow=" + id, {flow, {"Accept", kBrowserAccept}});
  };
  clock_.advance(limits::kFlowLife - 1s);
  EXPECT_EQ(go_on().status, 303);
  clock_.advance(1s);
  EXPECT_EQ(go_on().status, 400);
}

TEST_F(OidcRoutes, I17_a_clients_token_outlives_no_session) {
  const auto with = cookie();
  const auto token = field(exchange(code_of(authorize(with))), "refresh_token");
  clock_.advance(accounts_.session_settings.idle_ttl - 1s);
  const auto next = field(refresh(token), "refresh_token");
  // A refresh is a use of the session.
  clock_.advance(accounts_.session_settings.idle_ttl - 1s);
  EXPECT_EQ(refresh(next).status, 200);
  clock_.advance(accounts_.session_settings.session_ttl);
  EXPECT_EQ(refresh(next).status, 400);
}

TEST_F(OidcRoutes, I17_a_token_that_was_spent_earlier_ends_its_grant_alone) {
  const auto with = cookie();
  const auto first = field(exchange(code_of(authorize(with))), "refresh_token");
  const auto other = field(exchange(code_of(authorize(with))), "refresh_token");
  const auto second = field(refresh(first), "refresh_token");
  const auto third = field(refresh(second), "refresh_token");
  EXPECT_EQ(field(refresh(first), "refresh_token"), third);
  clock_.advance(limits::kRefreshGrace + 1ms);
  EXPECT_EQ(refresh(first).status, 400);
  EXPECT_EQ(refresh(third).status, 400);
  EXPECT_EQ(refresh(other).status, 200);
}

TEST_F(OidcRoutes, I16_a_client_that_was_removed_and_added_again_has_no_tokens) {
  const auto token = field(exchange(code_of(authorize(cookie()))), "refresh_token");
  clock_.advance(1s);
  put_client(
      {.id = "notes", .name = "Notes", .redirect_uris = {kCallback}, .created_at = clock_.now()});
  // The process may know the first one for a while: it looks again before it refuses.
  oidc_.clients.find(
      "notes",
      [&](const Client* client) {
        return client && client->created_at == clock_.now() ? Status()
                                                            : Status(oidc_error("old", "old"));
      },
      [](const Result<ClientPtr>& client) { EXPECT_TRUE(client); });
  ASSERT_TRUE(writer_.run([](Store&) { return Status(); }));
  EXPECT_EQ(refresh(token).status, 400);
}

TEST_F(OidcRoutes, I11_a_previous_secret_ends_at_its_time) {
  Client client{.id = "notes", .name = "Notes", .redirect_uris = {kCallback}};
  client.authentication = ClientAuthentication::kSecret;
  client.secret_hash = hash_client_secret("new");
  client.previous_secret_hash = hash_client_secret("old");
  client.previous_secret_until = clock_.now() + 1h;
  put_client(client);
  const auto status = [&](const std::string& secret) {
    return ask_token("grant_type=refresh_token&refresh_token=x&client_secret=" + secret).status;
  };
  EXPECT_EQ(status("old"), 400);
  EXPECT_EQ(status("new"), 400);
  EXPECT_EQ(status("newer"), 401);
  clock_.advance(1h);
  EXPECT_EQ(status("old"), 401);
  EXPECT_EQ(status("new"), 400);
}

}  // namespace
}  // namespace postern
