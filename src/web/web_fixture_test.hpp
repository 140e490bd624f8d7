// The routes over a database in memory and a real writer, called without sockets.
//
// Thread contract: belongs to one test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "account/session_services.hpp"
#include "base/ids.hpp"
#include "fakes/memory_store.hpp"
#include "http/router.hpp"
#include "web/routes.hpp"

namespace postern {

inline constexpr auto kDeadline = std::chrono::seconds(10);
inline constexpr const char* kBaseUrl = "https://accounts.example.com";
inline constexpr const char* kJson = "application/json";
inline constexpr const char* kUrlencoded = "application/x-www-form-urlencoded";
/// As Chromium sends it.
inline constexpr const char* kBrowserAccept =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
inline constexpr const char* kGoodPassword = "osprey lantern quarry 58 tundra";

class WebTest : public testing::Test {
 protected:
  WebTest();
  ~WebTest() override;

  HttpResponse call(const HttpRequest& request) const;
  HttpResponse get(const std::string& path, const std::string& query = {},
                   std::vector<HttpHeader> headers = {}) const;
  HttpResponse post(const std::string& path, const std::string& body,
                    std::vector<HttpHeader> headers = {}) const;
  HttpResponse post_json(const std::string& path, const std::string& body) const;
  /// As a browser sends a form.
  HttpResponse post_form(const std::string& path, const std::string& body,
                         std::vector<HttpHeader> headers = {}) const;

  /// Stores an account with that address; returns its id.
  std::string add_account(const std::string& email, AccountState state);
  /// A token for the account as it is now.
  std::string mint_token(const std::string& email_key, const std::string& return_to = {}) const;

  MailTokenClaims claims_for(const std::string& email_key) const;

  ManualClock clock_{from_unix_ms(1'760'000'000'000)};
  fakes::MemoryDatabase database_;
  Logger log_{LogLevel::kOff, LogFormat::kText};
  Writer writer_{std::make_unique<fakes::MemoryStore>(database_), log_};
  HashPool hashing_{1, 16};
  MailTokenSigner signer_;
  MailTokenVerifier verifier_;
  CapturedMails captured_;
  SessionTokens tokens_;
  AccessKeys keys_;
  DeviceTokens devices_;
  SessionServices accounts_{{writer_, clock_}, hashing_, verifier_, tokens_, keys_, devices_};
  Clients clients_{writer_};
  OidcServices oidc_{accounts_, clients_, kBaseUrl,
                     derive_key(Secret(std::string(32, 'k')), "code")};
  /// Drained after each call: what a request causes is there when its response is.
  mutable RequestResolver requests_{accounts_, log_, {Duration::zero()}};
  Router router_;
};

/// The value of a header of the response; empty when it is not there.
std::string header_of(const HttpResponse& response, const std::string& name);
/// The member `code` of a problem+json body; a failure text for anything else.
std::string code_of(const HttpResponse& response);
/// Status, type, headers and body: all that a client sees of a response here.
std::string bytes_of(const HttpResponse& response);

}  // namespace postern
