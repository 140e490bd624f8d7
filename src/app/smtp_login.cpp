#include "app/smtp_login.hpp"

#include "mail_smtp/app_password.hpp"
#include "mail_smtp/oauth_tokens.hpp"

namespace postern {
namespace {

constexpr const char* kOAuthNames[] = {"SMTP_OAUTH_TOKEN_URL", "SMTP_OAUTH_CLIENT_ID",
                                       "SMTP_OAUTH_CLIENT_SECRET", "SMTP_OAUTH_SCOPE",
                                       "SMTP_OAUTH_REFRESH_TOKEN"};

/// Beside plain, login and auto without OAuth.
enum class Login { kAuto, kPlain, kLogin, kXoauth2, kOauthbearer, kNone };

SmtpAuth mechanism_of(Login login) {
  switch (login) {
    case Login::kPlain:
      return SmtpAuth::kPlain;
    case Login::kLogin:
      return SmtpAuth::kLogin;
    case Login::kXoauth2:
      return SmtpAuth::kXoauth2;
    case Login::kOauthbearer:
      return SmtpAuth::kOauthbearer;
    default:
      return SmtpAuth::kAuto;
  }
}

void require(const SettingReader& read, std::string_view name, const std::string& because) {
  if (!read.has(name)) SettingReader::refuse(name, "is missing, but " + because);
}

void refuse_when_set(const SettingReader& read, std::string_view name, const char* because) {
  if (read.has(name)) {
    throw SettingError(name, std::string("is not used with ") + because + ": remove one of them");
  }
}

std::shared_ptr<OAuthTokens> read_oauth(const SettingReader& read) {
  const std::string because = "SMTP_AUTH uses OAuth 2.0";
  require(read, "SMTP_OAUTH_TOKEN_URL", because);
  require(read, "SMTP_OAUTH_CLIENT_ID", because);
  require(read, "SMTP_USER", because);
  if (!read.has("SMTP_OAUTH_REFRESH_TOKEN")) {
    require(read, "SMTP_OAUTH_CLIENT_SECRET", "there is no SMTP_OAUTH_REFRESH_TOKEN either");
  }
  refuse_when_set(read, "SMTP_PASSWORD", "OAuth 2.0");
  OAuthOptions options;
  options.token_url = read.text("SMTP_OAUTH_TOKEN_URL");
  if (!is_token_url(options.token_url)) {
    SettingReader::refuse("SMTP_OAUTH_TOKEN_URL", "must be an https address");
  }
  options.client_id = read.text("SMTP_OAUTH_CLIENT_ID");
  options.client_secret = Secret(read.text("SMTP_OAUTH_CLIENT_SECRET"));
  options.scope = read.text("SMTP_OAUTH_SCOPE");
  options.refresh_token = Secret(read.text("SMTP_OAUTH_REFRESH_TOKEN"));
  return std::make_shared<OAuthTokens>(std::move(options), https_post());
}

}  // namespace

void read_smtp_login(const SettingReader& read, SmtpOptions& smtp) {
  const auto login = read.choice("SMTP_AUTH", Login::kAuto,
                                 {{"auto", Login::kAuto},
                                  {"plain", Login::kPlain},
                                  {"login", Login::kLogin},
                                  {"xoauth2", Login::kXoauth2},
                                  {"oauthbearer", Login::kOauthbearer},
                                  {"none", Login::kNone}});
  smtp.auth = mechanism_of(login);
  smtp.user = read.text("SMTP_USER");
  const bool wants_oauth = login == Login::kXoauth2 || login == Login::kOauthbearer;
  if (wants_oauth || (login == Login::kAuto && read.has("SMTP_OAUTH_TOKEN_URL"))) {
    smtp.oauth = read_oauth(read);
    return;
  }
  for (const auto* name : kOAuthNames) {
    if (read.has(name)) {
      throw SettingError(name, login == Login::kAuto
                                   ? "is set, but SMTP_OAUTH_TOKEN_URL is missing"
                                   : "is not used with this SMTP_AUTH: remove one of them");
    }
  }
  if (login == Login::kNone) {
    refuse_when_set(read, "SMTP_PASSWORD", "SMTP_AUTH=none");
    // A sender's address all the same: MAIL_FROM falls back to SMTP_USER.
    smtp.user.clear();
    return;
  }
  smtp.password = Secret(plain_app_password(smtp.host, read.text("SMTP_PASSWORD")));
  const bool wants_login = login != Login::kAuto;
  if (smtp.user.empty() != smtp.password.empty() || (wants_login && smtp.user.empty())) {
    throw SettingError(smtp.user.empty() ? "SMTP_USER" : "SMTP_PASSWORD",
                       "is missing: user and password belong together");
  }
}

}  // namespace postern
