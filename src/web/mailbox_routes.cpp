// GET /dev/mailbox: the emails of a process that captures them, for a first try without a mail
// server. HTML where it is preferred, else the emails as JSON, newest first.
//
// Only for a client on this machine that asks by a name of this machine, without a proxy between
// them: the messages hold links that open accounts. Any other client finds nothing at these paths.
//
// An email is a document of its own, shown in a frame without scripts, forms and an origin: its
// styles are inline, which the pages' own policy does not allow.
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "http/loopback.hpp"
#include "web/negotiation.hpp"
#include "web/page_values.hpp"
#include "web/responses.hpp"
#include "web/web_context.hpp"

namespace postern {
namespace {

constexpr std::string_view kPath = "/dev/mailbox";
constexpr std::string_view kMessagePath = "/dev/mailbox/message";

constexpr std::string_view kMessagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";

/// The query's parameters.
struct Selection {
  PageContext page;
  std::string id;
  std::size_t limit = 0;
};

Result<Selection> read_selection(const WebContext& web, const HttpRequest& request) {
  auto query = parse_urlencoded(request.query);
  if (!query) return query.error();
  const Fields fields(*std::move(query));
  auto page = read_page_context(web, request, fields);
  if (!page) return page.error();
  Selection selection{*std::move(page), {}, limits::kCapturedMails};
  selection.page.path = kPath;
  if (const auto id = *fields.optional("id")) selection.id = *id;
  if (const auto limit = *fields.optional("limit")) {
    const auto* end = limit->data() + limit->size();
    if (std::from_chars(limit->data(), end, selection.limit).ptr != end) {
      return request_error("invalid_field", "The field \"limit\" must be a whole number.");
    }
  }
  return selection;
}

HttpResponse as_json(const std::vector<Mail>& mails, std::size_t limit) {
  boost::json::array list;
  for (const Mail& mail : mails) {
    if (list.size() >= limit) break;
    list.push_back({{"id", mail.id},
                    {"kind", mail.kind},
                    {"to", mail.to},
                    {"subject", mail.subject},
                    {"text", mail.text},
                    {"html", mail.html},
                    {"sent_at", to_rfc3339(mail.date)}});
  }
  return {200, "application/json", boost::json::serialize(list), {{"Vary", "Accept"}}};
}

PageData describe(const Mail& mail) {
  PageData data;
  set_time(data, "at", mail.date);
  data.set("subject", mail.subject);
  data.set("to", mail.to);
  data.set("kind", mail.kind);
  return data;
}

PageData describe_held(const std::vector<HeldMail>& held) {
  PageData list(PageData::type::list);
  for (const HeldMail& mail : held) {
    PageData entry;
    set_time(entry, "at", mail.at);
    entry.set("to", mail.to);
    entry.set("kind", mail.kind);
    list.push_back(entry);
  }
  PageData data;
  data.set("emails", list);
  return data;
}

/// The email's own part of the query: "id=…".
std::string id_query(const Mail& mail) { return "id=" + percent_encode(mail.id); }

PageData describe_pending_mail(const Mail& mail) {
  PageData shown = describe(mail);
  shown.set("text", mail.text);
  shown.set("html", !mail.html.empty());
  shown.set("src", std::string(kMessagePath) + "?" + id_query(mail));
  return shown;
}

HttpResponse as_page(const WebContext& web, const std::vector<Mail>& mails,
                     const Selection& selection) {
  const auto wanted = std::find_if(mails.begin(), mails.end(),
                                   [&](const Mail& mail) { return mail.id == selection.id; });
  const Mail* open = wanted != mails.end() ? &*wanted : mails.empty() ? nullptr : &mails.front();
  const std::string query = link_query(selection.page);
  PageData emails(PageData::type::list);
  for (const Mail& mail : mails) {
    PageData entry = describe(mail);
    const std::string link = std::string(kPath) + (query.empty() ? "?" : query + "&");
    entry.set("href", link + id_query(mail) + "#email");
    entry.set("current", &mail == open);
    emails.push_back(entry);
  }
  PageData data;
  data.set("wide", true);
  data.set("mailbox", false);
  data.set("empty", mails.empty());
  data.set("emails", emails);
  if (open) {
    data.set("newest", mails.front().id);
    data.set("email", describe_pending_mail(*open));
  }
  if (const auto held = web.services.captured->held(); !held.empty()) {
    data.set("held", describe_held(held));
  }
  return web.pages.render(200, page::kMailbox, selection.page, std::move(data));
}

HttpResponse show_mailbox(const WebContext& web, const HttpRequest& request) {
  const auto selection = read_selection(web, request);
  if (!selection) return error_response_for(web, request, selection.error());
  const auto mails = web.services.captured->list();
  return wants_html(request) ? as_page(web, mails, *selection) : as_json(mails, selection->limit);
}

/// Links of an email lead out of its frame, unless they open a window: the pages refuse to be
/// framed.
std::string leading_out(std::string html) {
  constexpr std::string_view kHead = "<head>";
  if (const auto head = html.find(kHead); head != std::string::npos) {
    html.insert(head + kHead.size(), "<base target=\"_top\">");
  }
  return html;
}

HttpResponse show_email(const WebContext& web, const HttpRequest& request) {
  const auto selection = read_selection(web, request);
  if (!selection) return error_response_for(web, request, selection.error());
  for (const Mail& mail : web.services.captured->list()) {
    if (mail.id != selection->id) continue;
    return {200,
            "text/html; charset=utf-8",
            leading_out(mail.html),
            {{"Content-Security-Policy", std::string(kMessagePolicy)}}};
  }
  return error_response_for(web, request, {"not_found", Retry::kNever, {}});
}

void add_local_route(Router& router, const WebContextPtr& web, std::string_view path,
                     HttpResponse (*show)(const WebContext&, const HttpRequest&)) {
  router.add("GET", path, [web, show](const HttpRequest& request, Respond respond) {
    respond(is_local_request(request)
                ? show(*web, request)
                : error_response_for(*web, request, {"not_found", Retry::kNever, {}}));
  });
}

}  // namespace

void add_mailbox_routes(Router& router, const WebContextPtr& web) {
  add_local_route(router, web, kPath, show_mailbox);
  add_local_route(router, web, kMessagePath, show_email);
}

}  // namespace postern
