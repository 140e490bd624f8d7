// GET /email-sent, and the cookie that it lives on.
#include "web/sent_page.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "base/page_limits.hpp"
#include "crypto/sealed.hpp"
#include "text/form.hpp"
#include "text/json.hpp"
#include "web/negotiation.hpp"
#include "web/visitor.hpp"
#include "web/webmail.hpp"

namespace postern::web {
namespace {

constexpr std::string_view kPath = "/email-sent";
constexpr std::string_view kRegisterPath = "/register";
constexpr std::string_view kRecoverPath = "/recover-password";
/// What the cookie is sealed for.
constexpr std::string_view kPlace = "sent-notice";

std::string encode(const SentNotice& notice) {
  return boost::json::serialize(boost::json::object{
      {"path", notice.path}, {"email", notice.email}, {"at", to_rfc3339(notice.sent_at)}});
}

/// Nothing when there is no cookie, it was not sealed here, or it is too old.
std::optional<SentNotice> read_notice(const Site& site, const http::Request& request) {
  const std::string cookie = sent_cookie_of(request);
  if (cookie.empty()) return std::nullopt;
  const auto plain = open_sealed(site.sent_key, kPlace, cookie);
  if (!plain) return std::nullopt;
  const auto object = parse_json_object(plain->view());
  if (!object) return std::nullopt;
  const auto path = string_at(*object, "path"), email = string_at(*object, "email");
  const auto at = string_at(*object, "at");
  if (!path || !email || !at) return std::nullopt;
  const auto sent_at = parse_rfc3339(*at);
  const bool known = *path == kRegisterPath || *path == kRecoverPath;
  if (!sent_at || !known) return std::nullopt;
  // The browser's own clock decides when it forgets; ours decides what counts.
  if (site.services.accounts.clock.now() >= *sent_at + limits::kSentNoticeLife) return std::nullopt;
  return SentNotice{std::string(*path), std::string(*email), *sent_at};
}

void add_webmail(PageData& data, const Site& site, const Visit& visit, std::string_view email) {
  const Webmail* webmail = webmail_of(email.substr(email.rfind('@') + 1));
  if (!webmail) return;
  PageData link;
  link.set("url", std::string(webmail->url));
  const std::string key = std::string("webmail_").append(webmail->name);
  link.set("label", site.pages.strings().get(visit.locale, key));
  data.set("webmail", link);
}

http::Response notice_page(const Site& site, const Visit& visit, const SentNotice& notice) {
  const auto left = notice.sent_at + limits::kResendPause - site.services.accounts.clock.now();
  const auto wait = std::chrono::ceil<std::chrono::seconds>(
      std::clamp<Duration>(left, Duration::zero(), limits::kResendPause));
  PageData data;
  data.set("email", notice.email);
  data.set("action", notice.path);
  data.set("wait", std::to_string(wait.count()));
  data.set("again", notice.path + link_query(visit));
  add_webmail(data, site, visit, notice.email);
  return site.pages.render(200, page::kSent, visit, std::move(data));
}

http::Response show(const Site& site, const http::Request& request) {
  auto query = parse_urlencoded(request.query);
  if (!query) return refuse_for(site, request, query.error());
  auto visit = read_visit(site, request, Fields(*std::move(query)));
  if (!visit) return refuse_for(site, request, visit.error());
  visit->path = kPath;
  const auto notice = read_notice(site, request);
  return notice ? notice_page(site, *visit, *notice) : sent_page(site, *visit, 200, kRegisterPath);
}

}  // namespace

http::Response redirect_to_sent_page(const Site& site, const Visit& visit, const SentNotice& notice,
                                     bool repeated) {
  std::string target = std::string(kPath).append(link_query(visit));
  if (repeated) target.append(target.size() == kPath.size() ? "?" : "&").append("done=again");
  auto answer = see_other(std::move(target));
  answer.headers.push_back(
      set_sent_cookie(seal(site.sent_key, kPlace, encode(notice)), limits::kSentNoticeLife));
  return answer;
}

http::Response sent_page(const Site& site, const Visit& visit, int status,
                         std::string_view form_path) {
  PageData data;
  data.set("again", std::string(form_path).append(link_query(visit)));
  return site.pages.render(status, page::kSent, visit, std::move(data));
}

void add_sent_page_route(http::Router& router, const SitePtr& site) {
  router.add("GET", kPath, [site](const http::Request& request, const http::Respond& respond) {
    respond(show(*site, request));
  });
}

}  // namespace postern::web
