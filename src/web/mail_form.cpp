#include "web/mail_form.hpp"

#include "web/answers.hpp"

namespace postern::web {
namespace {

constexpr std::string_view kRegisterPath = "/register";
constexpr std::string_view kRecoverPath = "/recover-password";
constexpr std::string_view kLoginPath = "/login";

/// The way to the other form, for somebody who is at the wrong one.
PageData other_way(const Site& site, std::string_view prefix, std::string_view path,
                   const Visit& visit) {
  const auto& strings = site.pages.strings();
  PageData other;
  other.set("question", strings.get(visit.locale, std::string(prefix) + "_question"));
  other.set("answer", strings.get(visit.locale, std::string(prefix) + "_answer"));
  other.set("href", std::string(path) + link_query(visit));
  return other;
}

}  // namespace

http::Response mail_form(const Site& site, const PageKind& kind, const Visit& visit,
                         const MailFormState& state) {
  const bool registers = kind.prefix == page::kRegister.prefix;
  PageData data;
  data.set("action", std::string(registers ? kRegisterPath : kRecoverPath));
  const bool recovers = kind.prefix == page::kRecover.prefix;
  data.set("other", other_way(site, kind.prefix, recovers ? kRegisterPath : kLoginPath, visit));
  if (!state.email.empty()) data.set("email", state.email);
  if (state.error) {
    const bool about_email = state.error->code == "invalid_email";
    data.set(about_email ? "email_error" : "alert", error_text(site, visit, *state.error));
  }
  auto answer = site.pages.render(state.status, kind, visit, std::move(data));
  ask_to_retry(answer);
  return answer;
}

http::Response dead_link_page(const Site& site, const Visit& visit) {
  return mail_form(site, page::kDeadLink, visit, {400, {}, nullptr});
}

}  // namespace postern::web
