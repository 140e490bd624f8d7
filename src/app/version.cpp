#include "app/version.hpp"

#include <amqp.h>
#include <curl/curl.h>
#include <libpq-fe.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <sqlite3.h>
#include <unicode/uversion.h>

#include <boost/version.hpp>

namespace postern {
namespace {

std::string icu_version() {
  UVersionInfo version;
  u_getVersion(version);
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_versionToString(version, text);
  return text;
}

std::string postgres_version() {
  // 150013 is 15.13: the digits of two numbers since PostgreSQL 10.
  constexpr int kMajor = 10'000;
  const int version = PQlibVersion();
  return std::to_string(version / kMajor) + '.' + std::to_string(version % kMajor);
}

std::string boost_version() {
  constexpr int kMajor = 100'000;
  constexpr int kMinor = 100;
  constexpr int version = BOOST_VERSION;
  return std::to_string(version / kMajor) + '.' + std::to_string(version / kMinor % 1000) + '.' +
         std::to_string(version % kMinor);
}

}  // namespace

std::string version_text() {
  std::string text = std::string("postern ") + kVersion;
  if (*kCommit != '\0') text.append(" (commit ").append(kCommit).append(")");
  const auto add = [&](const char* name, const std::string& version) {
    text.append("\n").append(name).append(" ").append(version);
  };
  add("OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
  add("SQLite", sqlite3_libversion());
  add("libpq", postgres_version());
  add("rabbitmq-c", amqp_version());
  add("Boost", boost_version());
  add("libsodium", sodium_version_string());
  add("ICU", icu_version());
  add("libcurl", curl_version_info(CURLVERSION_NOW)->version);
  return text;
}

}  // namespace postern
