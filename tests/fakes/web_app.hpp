// The routes over a database in memory and a real writer, called without sockets.
//
// Thread contract: belongs to one thread, which waits for each response.
// Knows no test framework: the fixtures of src/web and the fuzz targets share it.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "account/session_services.hpp"
#include "base/ids.hpp"
#include "fakes/memory_store.hpp"
#include "http/router.hpp"
#include "text/email.hpp"
#include "web/routes.hpp"

namespace postern {

inline constexpr auto kDeadline = std::chrono::seconds(30);
inline constexpr const char* kBaseUrl = "https://accounts.example.com";
inline constexpr const char* kJson = "application/json";
inline constexpr const char* kUrlencoded = "application/x-www-form-urlencoded";
/// As Chromium sends it.
inline constexpr const char* kBrowserAccept =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
inline constexpr const char* kGoodPassword = "osprey lantern quarry 58 tundra";

}  // namespace postern

namespace postern::fakes {

inline WebSettings web_settings(const Secret& secret_key) {
  WebSettings settings;
  settings.secret_key = secret_key;
  settings.base_url = kBaseUrl;
  settings.product = {"Kestrel & <Sons>", "https://kestrel.example", "help@kestrel.example"};
  settings.return_urls = {"https://app.example.com/", "https://shop.example.com/cart"};
  settings.cors_origins = {"https://spa.example.com"};
  return settings;
}

class WebApp {
 protected:
  WebApp() {
    accounts_.settings.product_name = "Kestrel";
    add_routes(router_, {accounts_, requests_, oidc_, web_settings(secret_key_), &captured_});
  }
  ~WebApp() { writer_.stop(); }

  HttpResponse call(const HttpRequest& request) const {
    // Shared: the answering thread may still be inside set_value() when this one goes on.
    const auto answered = std::make_shared<std::promise<HttpResponse>>();
    auto coming = answered->get_future();
    router_.find(request.method, request.path)(
        request, [answered](HttpResponse given) { answered->set_value(std::move(given)); });
    if (coming.wait_for(kDeadline) != std::future_status::ready) {
      std::fprintf(stderr, "no response to %s %s\n", request.method.c_str(), request.path.c_str());
      std::abort();  // the handler still holds what this frame owns
    }
    auto response = coming.get();
    requests_.drain();
    // As the server sends it: one of the two.
    if (!response.static_body.empty()) response.body = response.static_body;
    response.static_body = {};
    return response;
  }

  HttpResponse get(const std::string& path, const std::string& query = {},
                   std::vector<HttpHeader> headers = {}) const {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    request.headers = std::move(headers);
    return call(request);
  }

  HttpResponse post(const std::string& path, const std::string& body,
                    std::vector<HttpHeader> headers = {}) const {
    HttpRequest request;
    request.method = "POST";
    request.path = path;
    request.headers = std::move(headers);
    request.body = body;
    request.request_id = "request-1";
    return call(request);
  }

  HttpResponse post_json(const std::string& path, const std::string& body) const {
    return post(path, body, {{"Content-Type", kJson}, {"Accept", "*/*"}});
  }

  /// As a browser sends a form.
  HttpResponse post_form(const std::string& path, const std::string& body,
                         std::vector<HttpHeader> headers = {}) const {
    headers.emplace_back("Content-Type", kUrlencoded);
    headers.emplace_back("Accept", kBrowserAccept);
    headers.emplace_back("Origin", "null");
    headers.emplace_back("Sec-Fetch-Site", "same-origin");
    return post(path, body, std::move(headers));
  }

  /// Stores an account with that address; returns its id.
  std::string add_account(const std::string& email, AccountState state) {
    const auto address = parse_email(email);
    Account account;
    account.id = new_id(clock_.now());
    account.email = address->address;
    account.email_key = address->key;
    account.state = state;
    account.locale = "en";
    account.created_at = account.updated_at = clock_.now();
    database_.put(account);
    return account.id;
  }

  MailTokenClaims claims_for(const std::string& email_key) const {
    const auto account = database_.account_of(email_key);
    MailTokenClaims claims;
    claims.account_id = account.value().id;
    claims.credential_version = account->credential_version;
    claims.token_id = new_id(clock_.now());
    claims.issued_at = clock_.now();
    claims.expires_at = clock_.now() + std::chrono::minutes(60);
    claims.locale = "en";
    return claims;
  }

  /// A token for the account as it is now.
  std::string mint_token(const std::string& email_key, const std::string& return_to = {}) const {
    auto claims = claims_for(email_key);
    claims.return_to = return_to;
    return *signer_.mint(MailTokenPurpose::kSetPassword, claims);
  }

  Secret secret_key_{std::string("0123456789abcdef0123456789abcdef")};
  ManualClock clock_{from_unix_ms(1'760'000'000'000)};
  MemoryDatabase database_;
  Logger log_{LogLevel::kOff, LogFormat::kText};
  Writer writer_{std::make_unique<MemoryStore>(database_), log_};
  HashPool hashing_{1, 16};
  MailTokenSigner signer_ = MailTokenSigner::hs256(secret_key_, kBaseUrl);
  MailTokenVerifier verifier_ = MailTokenVerifier::hs256(secret_key_, kBaseUrl);
  CapturedMails captured_;
  SessionTokens tokens_{secret_key_};
  AccessKeys keys_{writer_, secret_key_, {kBaseUrl, std::chrono::minutes(15)}, clock_, log_};
  DeviceTokens devices_{secret_key_};
  SessionServices accounts_{{writer_, clock_}, hashing_, verifier_, tokens_, keys_, devices_};
  Clients clients_{writer_};
  OidcServices oidc_{accounts_, clients_, kBaseUrl,
                     derive_key(Secret(std::string(32, 'k')), "code")};
  /// Drained after each call: what a request causes is there when its response is.
  mutable RequestResolver requests_{accounts_, log_, {Duration::zero()}};
  Router router_;
};

/// The value of a header of the response; empty when it is not there.
inline std::string header_of(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

/// Status, type, headers and body: all that a client sees of a response here.
inline std::string bytes_of(const HttpResponse& response) {
  std::string bytes = std::to_string(response.status) + '\n' + response.content_type + '\n';
  for (const auto& [name, value] : response.headers) bytes += name + ": " + value + '\n';
  return bytes + '\n' + response.body;
}

}  // namespace postern::fakes
