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

namespace postern {
namespace {

constexpr std::string_view kPath = "/email-sent";
constexpr std::string_view kRegisterPath = "/register";
constexpr std::string_view kRecoverPath = "/recover-password";
/// The purpose that the cookie is sealed for.
constexpr std::string_view kPlace = "sent-notice";

std::string encode(const SentNotice& notice) {
  return boost::json::serialize(boost::json::object{
      {"path", notice.path}, {"email", notice.email}, {"at", to_rfc3339(notice.sent_at)}});
}

/// Nothing when there is no cookie, it was not sealed here, or it is too old.
std::optional<SentNotice> read_notice(const WebContext& web, const HttpRequest& request) {
  const std::string cookie = sent_cookie_of(request);
  if (cookie.empty()) return std::nullopt;
  const auto plain = open_sealed(web.sent_key, kPlace, cookie);
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
  if (web.services.accounts.clock.now() >= *sent_at + limits::kSentNoticeLife) return std::nullopt;
  return SentNotice{std::string(*path), std::string(*email), *sent_at};
}

void add_webmail(PageData& data, const WebContext& web, const PageContext& page,
                 std::string_view email) {
  const Webmail* webmail = webmail_of(email.substr(email.rfind('@') + 1));
  if (!webmail) return;
  PageData link;
  link.set("url", std::string(webmail->url));
  const std::string key = std::string("webmail_").append(webmail->name);
  link.set("label", web.pages.strings().get(page.locale, key));
  data.set("webmail", link);
}

HttpResponse notice_page(const WebContext& web, const PageContext& page, const SentNotice& notice) {
  const auto left = notice.sent_at + limits::kResendPause - web.services.accounts.clock.now();
  const auto wait = std::chrono::ceil<std::chrono::seconds>(
      std::clamp<Duration>(left, Duration::zero(), limits::kResendPause));
  PageData data;
  data.set("email", notice.email);
  data.set("action", notice.path);
  data.set("wait", std::to_string(wait.count()));
  data.set("again", notice.path + link_query(page));
  add_webmail(data, web, page, notice.email);
  return web.pages.render(200, page::kSent, page, std::move(data));
}

HttpResponse show(const WebContext& web, const HttpRequest& request) {
  auto query = parse_urlencoded(request.query);
  if (!query) return error_response_for(web, request, query.error());
  auto page = read_page_context(web, request, Fields(*std::move(query)));
  if (!page) return error_response_for(web, request, page.error());
  page->path = kPath;
  const auto notice = read_notice(web, request);
  return notice ? notice_page(web, *page, *notice) : sent_page(web, *page, 200, kRegisterPath);
}

}  // namespace

HttpResponse redirect_to_sent_page(const WebContext& web, const PageContext& page,
                                   const SentNotice& notice, bool repeated) {
  std::string target = std::string(kPath).append(link_query(page));
  if (repeated) target.append(target.size() == kPath.size() ? "?" : "&").append("done=again");
  auto response = see_other(std::move(target));
  response.headers.push_back(
      set_sent_cookie(seal(web.sent_key, kPlace, encode(notice)), limits::kSentNoticeLife));
  return response;
}

HttpResponse sent_page(const WebContext& web, const PageContext& page, int status,
                       std::string_view form_path) {
  PageData data;
  data.set("again", std::string(form_path).append(link_query(page)));
  return web.pages.render(status, page::kSent, page, std::move(data));
}

void add_sent_page_route(Router& router, const WebContextPtr& web) {
  router.add("GET", kPath, [web](const HttpRequest& request, const Respond& respond) {
    respond(show(*web, request));
  });
}

}  // namespace postern
